//! The DevTools protocol over a WebSocket: numbered commands, their answers, and events, all JSON.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::error::{Error, Result};

/// How long the browser may take to answer a command. A page that computes for long answers late.
const ANSWER: Duration = Duration::from_secs(120);
/// How long one look at the socket lasts.
const LOOK: Duration = Duration::from_millis(50);

/// Something the browser told without being asked.
#[derive(Clone, Debug)]
pub struct Event {
    /// The page's session, empty for the browser's own.
    pub session: String,
    /// Such as `Runtime.exceptionThrown`.
    pub method: String,
    /// What about.
    pub parameters: Value,
}

/// The connection.
pub struct Wire {
    socket: WebSocket<TcpStream>,
    number: u64,
    events: Vec<Event>,
}

fn lost(error: impl std::fmt::Display) -> Error {
    Error::Page(format!("the connection to the browser is lost: {error}"))
}

impl Wire {
    /// Connects to `host:port/path`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(address: &str) -> Result<Self> {
        let host = address.split('/').next().unwrap_or_default();
        let stream = TcpStream::connect(host).map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        let (mut socket, _) = tungstenite::client(format!("ws://{address}"), stream).map_err(lost)?;
        socket.get_mut().set_read_timeout(Some(LOOK)).map_err(lost)?;
        // Pictures of large screens are larger than the usual limit.
        socket.set_config(|config| {
            config.max_message_size = Some(256 << 20);
            config.max_frame_size = Some(256 << 20);
        });
        Ok(Self { socket, number: 0, events: Vec::new() })
    }

    /// Gives a command and waits for its answer.
    ///
    /// # Errors
    /// When the browser refuses it or does not answer.
    pub fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value> {
        self.number += 1;
        let number = self.number;
        let mut command = json!({ "id": number, "method": method, "params": parameters });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).map_err(lost)?;
        let deadline = Instant::now() + ANSWER;
        while Instant::now() < deadline {
            let Some(mut message) = self.look()? else { continue };
            if message["id"].as_u64() != Some(number) {
                self.keep(message);
            } else if let Some(error) = message.get("error") {
                let what = error["message"].as_str().unwrap_or("no reason given");
                return Err(Error::Page(format!("{method}: {what}")));
            } else {
                return Ok(message["result"].take());
            }
        }
        Err(Error::Page(format!("{method}: no answer within {} s", ANSWER.as_secs())))
    }

    /// The events of one session so far.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn events(&mut self, session: &str) -> Result<Vec<Event>> {
        while let Some(message) = self.look()? {
            self.keep(message);
        }
        let (ours, others) = self.events.drain(..).partition(|event| event.session == session);
        self.events = others;
        Ok(ours)
    }

    /// The next message, if one comes soon.
    fn look(&mut self) -> Result<Option<Value>> {
        match self.socket.read() {
            Ok(Message::Text(text)) => serde_json::from_str(text.as_str()).map(Some).map_err(lost),
            Ok(Message::Close(_)) => Err(lost("it has closed")),
            Ok(_) => Ok(None),
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                Ok(None)
            }
            Err(error) => Err(lost(error)),
        }
    }

    fn keep(&mut self, mut message: Value) {
        let Some(method) = message["method"].as_str().map(str::to_owned) else { return };
        let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
        self.events.push(Event { session, method, parameters: message["params"].take() });
    }
}
