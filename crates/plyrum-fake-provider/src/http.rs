//! Just enough HTTP/1.1 for a server that must be able to break every rule of it.

use std::fmt::Write as _;
use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::log::Request;
use crate::reply::{Framing, Reply};

/// Bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;
/// Bytes of a request's body.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Reads one request; `None` when the client closed an idle connection. `buffer` keeps what was read beyond it.
pub(crate) async fn read_request(
    socket: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    connection: u64,
) -> Result<Option<Request>> {
    let head_end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        if buffer.len() > MAX_HEAD {
            return Err(Error::new(ErrorKind::InvalidData, "request head over 64 KiB"));
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..head_end).collect();
    let mut request = parse_head(&head, connection)?;
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        return Err(Error::new(ErrorKind::InvalidData, "`Expect: 100-continue` is not served"));
    }
    request.body = if request.header("transfer-encoding").is_some() {
        read_chunked(socket, buffer).await?
    } else {
        let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        read_exactly(socket, buffer, length).await?
    };
    Ok(Some(request))
}

/// The status line and headers of a reply whose body has this length.
pub(crate) fn head(reply: &Reply, length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    match reply.framing {
        Framing::Chunked => head.push_str("transfer-encoding: chunked\r\n"),
        Framing::Length => {
            let _ = write!(head, "content-length: {length}\r\n");
        }
        Framing::Close => head.push_str("connection: close\r\n"),
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Body bytes as they go over the socket.
pub(crate) fn frame(framing: Framing, bytes: &[u8]) -> Vec<u8> {
    match framing {
        Framing::Chunked if bytes.is_empty() => Vec::new(),
        Framing::Chunked => {
            let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
            framed.extend_from_slice(bytes);
            framed.extend_from_slice(b"\r\n");
            framed
        }
        Framing::Length | Framing::Close => bytes.to_vec(),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        300..=399 => "Redirect",
        400..=499 => "Client Error",
        500..=599 => "Server Error",
        _ => "Status",
    }
}

fn parse_head(head: &[u8], connection: u64) -> Result<Request> {
    let text = std::str::from_utf8(head)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "request head is not UTF-8"))?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Ok(Request { method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new(), connection })
}

async fn read_chunked(socket: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = loop {
            if let Some(at) = find(buffer, b"\r\n") {
                break at;
            }
            fill(socket, buffer).await?;
        };
        let line: Vec<u8> = buffer.drain(..line_end + 2).collect();
        let size = std::str::from_utf8(&line)
            .ok()
            .and_then(|line| usize::from_str_radix(line.trim().split(';').next()?, 16).ok())
            .ok_or_else(|| Error::new(ErrorKind::InvalidData, "bad chunk size"))?;
        let chunk = read_exactly(socket, buffer, size.saturating_add(2)).await?;
        if size == 0 {
            return Ok(body);
        }
        body.extend(chunk.into_iter().take(size));
        if body.len() > MAX_BODY {
            return Err(Error::new(ErrorKind::InvalidData, "request body over 64 MiB"));
        }
    }
}

async fn read_exactly(
    socket: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    length: usize,
) -> Result<Vec<u8>> {
    if length > MAX_BODY {
        return Err(Error::new(ErrorKind::InvalidData, "request body over 64 MiB"));
    }
    while buffer.len() < length {
        fill(socket, buffer).await?;
    }
    Ok(buffer.drain(..length).collect())
}

async fn fill(socket: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<()> {
    match socket.read_buf(buffer).await? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
