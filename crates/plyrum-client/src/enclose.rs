//! What goes along with a prompt: texts and pictures, told apart by their bytes, uploaded in pieces that fit a message.

use crate::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plyrum_protocol::{
    AttachmentId, AttachmentPiece, AttachmentPut, ErrorKind, Fault, MAX_PICTURE_PIECE_BYTES, MAX_PIECE_BYTES,
    MediaType,
};

/// Something with a name that goes along with a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosed {
    /// Its name for the model: a path, `stdin`.
    pub name: String,
    /// What it is.
    pub content: Content,
}

/// What an enclosure is.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(String),
    /// A picture's file.
    Picture(MediaType, Vec<u8>),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Picture(media, bytes) => write!(f, "{} ({} bytes)", media.name(), bytes.len()),
        }
    }
}

impl Enclosed {
    /// A named text.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), content: Content::Text(text.into()) }
    }

    /// Whether it is a picture.
    pub const fn is_picture(&self) -> bool {
        matches!(self.content, Content::Picture(..))
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Text(text) => text.len(),
            Content::Picture(_, bytes) => bytes.len(),
        }
    }

    fn pieces(&self) -> Vec<String> {
        match &self.content {
            Content::Text(text) => pieces(text).into_iter().map(ToOwned::to_owned).collect(),
            Content::Picture(_, bytes) => {
                bytes.chunks(MAX_PICTURE_PIECE_BYTES).map(|piece| STANDARD.encode(piece)).collect()
            }
        }
    }
}

/// Uploads all of it, for a submit that names what this returns.
pub async fn upload(client: &mut Client, enclosed: Vec<Enclosed>) -> Result<Vec<AttachmentId>, Fault> {
    let mut ids = Vec::with_capacity(enclosed.len());
    for (nth, enclosed) in enclosed.into_iter().enumerate() {
        let id = AttachmentId::new(format!("a{nth}"))
            .map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
        let media_type = match enclosed.content {
            Content::Text(_) => None,
            Content::Picture(media, _) => Some(media),
        };
        for text in enclosed.pieces() {
            let (attachment, name) = (id.clone(), enclosed.name.clone());
            client.call::<AttachmentPut>(&AttachmentPiece { attachment, name, text, media_type }).await?;
        }
        ids.push(id);
    }
    Ok(ids)
}

/// The text in pieces of the largest size, never within a character; an empty text is one empty piece.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    loop {
        let (piece, rest) = text.split_at(text.floor_char_boundary(MAX_PIECE_BYTES));
        pieces.push(piece);
        if rest.is_empty() {
            return pieces;
        }
        text = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_text() {
        let text = "ж".repeat(MAX_PIECE_BYTES);
        let parts = pieces(&text);
        assert!(parts.len() == 2 && parts.iter().all(|p| p.len() <= MAX_PIECE_BYTES));
        assert_eq!(parts.concat(), text);
        assert_eq!(pieces(""), [""]);
    }

    #[test]
    fn pieces_of_a_picture_are_base64_of_their_own_and_join_to_its_bytes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(MAX_PICTURE_PIECE_BYTES * 2 + 7).collect();
        let content = Content::Picture(MediaType::Png, bytes.clone());
        let parts = Enclosed { name: "a.png".to_owned(), content }.pieces();
        assert!(parts.len() == 3 && parts.iter().all(|part| part.len() <= MAX_PIECE_BYTES));
        let joined: Vec<u8> = parts.iter().flat_map(|part| STANDARD.decode(part).unwrap()).collect();
        assert_eq!(joined, bytes);
    }
}
