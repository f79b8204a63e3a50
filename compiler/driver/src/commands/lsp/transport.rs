//! Messages of the language server protocol: JSON behind a head that says how long it is.
//!
//! ```text
//! Content-Length: 17\r\n
//! \r\n
//! {"jsonrpc":"2.0"}
//! ```

use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};

/// The longest message taken, in bytes: far more than any file that is edited.
const MAX_MESSAGE: usize = 256 << 20;

/// Reads a message; `None` at the end.
///
/// # Errors
/// The stream fails, or is not made of such messages.
pub fn read(from: &mut impl BufRead) -> io::Result<Option<Value>> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut len = None;
    loop {
        let mut line = String::new();
        if from.take(1 << 10).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            len = value.trim().parse::<usize>().ok();
        }
    }
    let len = len.filter(|&len| len <= MAX_MESSAGE).ok_or_else(|| invalid("no length of the message"))?;
    let mut bytes = vec![0; len];
    from.read_exact(&mut bytes)?;
    serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from)
}

/// Writes a message.
///
/// # Errors
/// The stream fails.
pub fn write(to: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    write!(to, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    to.flush()
}

/// The answer to a request.
pub fn answer(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The answer to a request that cannot be met.
pub fn refusal(id: &Value, code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// A message that wants no answer.
pub fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_there_and_back() {
        let mut bytes = Vec::new();
        let message = notification("a", json!({ "text": "é" }));
        write(&mut bytes, &message).unwrap();
        write(&mut bytes, &answer(&json!(1), Value::Null)).unwrap();
        let mut from = bytes.as_slice();
        assert_eq!(read(&mut from).unwrap(), Some(message));
        assert!(read(&mut from).unwrap().is_some());
        assert_eq!(read(&mut from).unwrap(), None);
        assert!(read(&mut &b"Content-Length: x\r\n\r\n{}"[..]).is_err());
        assert!(read(&mut &b"Content-Length: 9999999999\r\n\r\n{}"[..]).is_err());
    }
}
