//! A small web server for the page: files of one folder, nothing else.
//!
//! HTTP/1.1 with one request a connection. Sends the brotli form of a file to whoever takes it. What is asked for by
//! version (`?v=`) may be kept for ever; the rest is asked for anew each time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fs, io};

/// The longest request line or header taken, in bytes: links are long, attacks longer.
const LINE_LIMIT: u64 = 64 * 1024;
/// The most headers taken.
const HEADERS_LIMIT: usize = 100;
/// How long a connection may dawdle.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running server. Dropping it stops it.
pub struct Server {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `folder` on this port of localhost; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(folder: &Path, port: u16) -> io::Result<Self> {
        Self::start_on(folder, Ipv4Addr::LOCALHOST, port)
    }

    /// Serves it on this port of one of this machine's addresses, or of all.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start_on(folder: &Path, at: Ipv4Addr, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((at, port))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let folder: Arc<Path> = Arc::from(folder);
        let stop = Arc::clone(&stopping);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let folder = Arc::clone(&folder);
                // A visitor who went away in the middle is nobody's error.
                thread::spawn(move || stream.and_then(|stream| answer(&stream, &folder)));
            }
        });
        Ok(Self { address, stopping, thread: Some(thread) })
    }

    /// The page's address. `localhost` by name: a browser trusts it as it trusts https.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.address.port())
    }

    /// The port, to start another server where one has stopped.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // The accepting thread looks only when somebody comes.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.address.port()));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// What a request asks for, as far as we care.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    head_only: bool,
    path: String,
    versioned: bool,
    takes_brotli: bool,
}

/// What is wrong with a request: the status it gets.
type Refusal = &'static str;

fn answer(stream: &TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    match read_request(&mut reader) {
        Ok(request) => match find(folder, &request.path) {
            Some(file) => send(&mut writer, &request, &file),
            None => refuse(&mut writer, "404 Not Found"),
        },
        Err(refusal) => refuse(&mut writer, refusal),
    }
}

fn refuse(writer: &mut impl Write, status: Refusal) -> io::Result<()> {
    let length = status.len() + 1;
    write!(
        writer,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{status}\n"
    )
}

fn read_line(reader: &mut impl BufRead) -> Result<String, Refusal> {
    let mut line = Vec::new();
    let read = reader.take(LINE_LIMIT).read_until(b'\n', &mut line).map_err(|_| "408 Request Timeout")?;
    if read == 0 || line.pop() != Some(b'\n') {
        return Err("400 Bad Request");
    }
    String::from_utf8(line).map(|line| line.trim_end().to_owned()).map_err(|_| "400 Bad Request")
}

fn read_request(reader: &mut impl BufRead) -> Result<Request, Refusal> {
    let line = read_line(reader)?;
    let mut words = line.split(' ');
    let (method, target, protocol) = (words.next(), words.next(), words.next());
    let head_only = match method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err("405 Method Not Allowed"),
    };
    let Some(target) = target.filter(|target| target.starts_with('/') && protocol.is_some()) else {
        return Err("400 Bad Request");
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut takes_brotli = false;
    for _ in 0..HEADERS_LIMIT {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(Request {
                head_only,
                path: path.to_owned(),
                versioned: query.starts_with("v="),
                takes_brotli,
            });
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("accept-encoding")
        {
            takes_brotli = value.split(',').any(|coding| coding.trim() == "br");
        }
    }
    Err("431 Request Header Fields Too Large")
}

/// The file a path names, inside `folder` and nowhere else. The page lies in one folder, so a name with a separator or
/// one that begins with a dot is no name of ours, and nothing needs to be decoded.
fn find(folder: &Path, path: &str) -> Option<PathBuf> {
    let name = path.strip_prefix('/')?;
    let name = if name.is_empty() { "index.html" } else { name };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.starts_with('.') || !name.chars().all(plain) {
        return None;
    }
    Some(folder.join(name)).filter(|file| file.is_file())
}

/// The media type of a file by its name.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

fn send(writer: &mut impl Write, request: &Request, file: &Path) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let small = file.with_file_name(format!("{name}.br"));
    let brotli = request.takes_brotli && small.is_file();
    let body = fs::read(if brotli { &small } else { file })?;
    write!(
        writer,
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: {}\r\n{}Vary: Accept-Encoding\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        media_type(&name),
        body.len(),
        if request.versioned { "public, max-age=31536000, immutable" } else { "no-cache" },
        if brotli { "Content-Encoding: br\r\n" } else { "" },
    )?;
    if request.head_only { Ok(()) } else { writer.write_all(&body) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// A folder of its own for each test, with a page beside a secret.
    struct Site {
        base: PathBuf,
        server: Server,
    }

    impl Site {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::SeqCst);
            let base = std::env::temp_dir().join(format!("potholes-http-{}-{number}", std::process::id()));
            let folder = base.join("dist");
            fs::create_dir_all(&folder).unwrap();
            fs::write(base.join("secret.txt"), "secret").unwrap();
            fs::write(folder.join("index.html"), "<p>page").unwrap();
            fs::write(folder.join("a.wasm"), "plain").unwrap();
            fs::write(folder.join("a.wasm.br"), "small").unwrap();
            fs::write(folder.join(".hidden"), "hidden").unwrap();
            let server = Server::start(&folder, 0).unwrap();
            Self { base, server }
        }

        fn ask(&self, request: &str) -> String {
            let mut stream = TcpStream::connect(self.server.address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        }

        fn get(&self, target: &str, headers: &str) -> String {
            self.ask(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"))
        }
    }

    impl Drop for Site {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.base);
        }
    }

    #[test]
    fn the_page_is_served_with_its_type() {
        let site = Site::new();
        let answer = site.get("/", "");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"), "{answer}");
        assert!(answer.ends_with("<p>page"));
        assert!(answer.contains("Cache-Control: no-cache"));
        let wasm = site.get("/a.wasm?v=0123", "");
        assert!(wasm.contains("application/wasm") && wasm.contains("immutable"), "{wasm}");
        assert!(wasm.ends_with("plain"));
        let head = site.ask("HEAD / HTTP/1.1\r\n\r\n");
        assert!(head.contains("Content-Length: 7") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn brotli_goes_to_whoever_takes_it() {
        let site = Site::new();
        let small = site.get("/a.wasm", "Accept-Encoding: gzip, deflate, br\r\n");
        assert!(small.contains("Content-Encoding: br") && small.ends_with("small"), "{small}");
        assert!(!site.get("/a.wasm", "Accept-Encoding: gzip\r\n").contains("Content-Encoding"));
        assert!(!site.get("/", "Accept-Encoding: br\r\n").contains("Content-Encoding"));
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        let site = Site::new();
        for target in [
            "/../secret.txt",
            "/..%2fsecret.txt",
            "/%2e%2e/secret.txt",
            "//secret.txt",
            "/.hidden",
            "/..",
            "/dist/../../secret.txt",
            "/..\\secret.txt",
        ] {
            let answer = site.get(target, "");
            assert!(answer.starts_with("HTTP/1.1 404"), "{target}: {answer}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let site = Site::new();
        for (request, status) in [
            ("POST / HTTP/1.1\r\n\r\n", "405"),
            ("GET index.html HTTP/1.1\r\n\r\n", "400"),
            ("GET /\r\n\r\n", "400"),
            ("\r\n\r\n", "405"),
        ] {
            let answer = site.ask(request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {answer}");
        }
        let many = "X: y\r\n".repeat(HEADERS_LIMIT);
        assert!(site.get("/", &many).starts_with("HTTP/1.1 431"));
        let long = read_request(&mut "G".repeat(100_000).as_bytes()).unwrap_err();
        assert_eq!(long, "400 Bad Request");
    }

    #[test]
    fn a_stopped_server_is_gone_and_another_takes_its_place() {
        let site = Site::new();
        let folder = site.base.join("dist");
        let server = Server::start(&folder, 0).unwrap();
        let (address, port) = (server.address, server.port());
        drop(server);
        assert!(TcpStream::connect(address).is_err());
        let again = Server::start(&folder, port).unwrap();
        assert_eq!(again.url(), format!("http://localhost:{port}/"));
    }
}
