//! `potholes serve`: gives a class the page over the local network, without the internet.
//!
//! The page is the one that `cargo web build` makes; the server is the one that `cargo web serve` uses, here for everyone
//! who can reach this machine. What it gives away is the page's own folder, and nothing else.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use qrcodegen::{QrCode, QrCodeEcc};

use super::args::Serve;
use super::out::Out;
use super::{Bad, HELD, ask};

#[path = "../../../web/tool/src/http.rs"]
#[allow(dead_code, reason = "the page's own tool needs all of it")]
mod http;

/// Where the page lies in the workspace, and beside a program that was installed with it.
const FOLDERS: [&str; 2] = ["web/dist", "page"];
/// Between two looks at whether it is to end.
const PATIENCE: Duration = Duration::from_millis(100);
/// A code needs so much light around it, in its own squares.
const QUIET: i32 = 2;

/// Serves the page until Ctrl-C.
pub(crate) fn serve(asked: &Serve, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let folder = folder(asked.folder.as_deref())?;
    let words = match &asked.open {
        Some(from) => {
            let opened = ask::opened(from)?;
            format!("#{}", opened.run.to_link(opened.shown, opened.digest))
        }
        None => String::new(),
    };
    let server = http::Server::start_on(&folder, Ipv4Addr::UNSPECIFIED, asked.port)
        .map_err(|error| Bad::Said(format!("cannot serve on port {}: {error}", asked.port)))?;
    let url = format!("http://{}:{}/{words}", address_here(), server.port());
    if out.is_watched()
        && let Some(code) = code(&url)
    {
        out.line(&code)?;
    }
    out.line(&url)?;
    out.line("Everyone on this network can open it, without the internet. Ctrl-C ends it.")?;
    let interrupted = out.interrupted();
    while !interrupted.load(Ordering::Relaxed) && !out.closed() {
        std::thread::sleep(PATIENCE);
    }
    Ok(HELD)
}

fn folder(asked: Option<&Path>) -> Result<PathBuf, Bad> {
    let holds = |folder: &Path| folder.join("index.html").is_file();
    let said = |text: String| Bad::Said(text);
    if let Some(folder) = asked {
        let none = || said(format!("{}: there is no page (index.html) in this folder", folder.display()));
        return holds(folder).then(|| folder.to_owned()).ok_or_else(none);
    }
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let places = [Some(PathBuf::new()), beside].into_iter().flatten();
    let mut folders = places.flat_map(|place| FOLDERS.map(|folder| place.join(folder)));
    folders.find(|folder| holds(folder)).ok_or_else(|| {
        said(
            "there is no page here yet: build it with “cargo web build”, or say --folder where it lies"
                .to_owned(),
        )
    })
}

/// The address by which others on the network reach this machine. Connecting a datagram socket sends nothing; it only
/// asks which way a datagram would take.
fn address_here() -> IpAddr {
    let this_way = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    this_way.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// The QR code of an address, for a terminal: two squares a character, dark on light whatever the terminal's colours are.
fn code(url: &str) -> Option<String> {
    let code = QrCode::encode_text(url, QrCodeEcc::Low).ok()?;
    let mut lines = Vec::new();
    let dark = |x: i32, y: i32| code.get_module(x, y);
    for y in (-QUIET..code.size() + QUIET).step_by(2) {
        let row = (-QUIET..code.size() + QUIET).map(|x| match (dark(x, y), dark(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        });
        lines.push(format!("\x1b[38;5;16;48;5;231m{}\x1b[0m", row.collect::<String>()));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_an_address_with_light_around_it() {
        let text = code("http://192.168.1.20:8080/").unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 10 && lines.iter().all(|line| line.ends_with("\x1b[0m")));
        let squares = |line: &str| line.chars().filter(|c| " █▀▄".contains(*c)).count();
        assert!(lines.iter().all(|line| squares(line) == squares(lines[0])));
        assert_eq!(lines[0].chars().filter(|c| "█▀▄".contains(*c)).count(), 0, "nothing but light above");
        assert!(code(&"x".repeat(5_000)).is_none(), "too long for any code");
    }

    #[test]
    fn a_folder_without_a_page_is_told() {
        let told = folder(Some(Path::new("src"))).unwrap_err().to_string();
        assert!(told.contains("no page"), "{told}");
    }
}
