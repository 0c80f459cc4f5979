//! Texts on their way: uploaded in pieces, kept by the connection, taken by the next submit that names
//! them, unless that only plans.

use super::Visitor;
use plyrum_engine::Attachment;
use plyrum_protocol::{
    AttachmentId, AttachmentPiece, Empty, ErrorKind, Fault, MAX_ATTACHED_BYTES, MAX_ATTACHMENTS,
    MAX_PIECE_BYTES,
};
use std::collections::BTreeMap;

/// What one client has uploaded and not used.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    texts: BTreeMap<AttachmentId, Attachment>,
    bytes: usize,
}

impl Attachments {
    /// Adds a piece. A refused one ends the upload that it belongs to: nothing of it stays, to be taken for the beginning of
    /// the next one.
    fn add(&mut self, piece: AttachmentPiece) -> Result<Empty, Fault> {
        let added = try_add(self, piece);
        if added.is_err() {
            *self = Self::default();
        }
        added
    }

    /// Takes these out, in this order.
    pub(super) fn take(&mut self, ids: &[AttachmentId]) -> Result<Vec<Attachment>, Fault> {
        ids.iter()
            .map(|id| {
                let text = self.texts.remove(id).ok_or_else(|| not_uploaded(id))?;
                self.bytes = self.bytes.saturating_sub(text.text.len());
                Ok(text)
            })
            .collect()
    }

    /// The same, and keeps them: whoever only asks what would happen will ask again.
    pub(super) fn copy(&self, ids: &[AttachmentId]) -> Result<Vec<Attachment>, Fault> {
        ids.iter().map(|id| self.texts.get(id).cloned().ok_or_else(|| not_uploaded(id))).collect()
    }
}

fn not_uploaded(id: &AttachmentId) -> Fault {
    Fault::new(ErrorKind::NotFound, format!("attachment `{id}` was not uploaded"))
}

/// Adds a piece.
pub(super) async fn put(visitor: &mut Visitor, piece: AttachmentPiece) -> Result<Empty, Fault> {
    visitor.attachments.add(piece)
}

fn try_add(kept: &mut Attachments, piece: AttachmentPiece) -> Result<Empty, Fault> {
    let too_large = |message: String| Fault::new(ErrorKind::Usage, message);
    if piece.text.len() > MAX_PIECE_BYTES {
        return Err(too_large(format!("a piece may have at most {MAX_PIECE_BYTES} bytes")));
    }
    if kept.bytes + piece.text.len() > MAX_ATTACHED_BYTES {
        return Err(too_large(format!(
            "attachments may have at most {} MiB in all",
            MAX_ATTACHED_BYTES >> 20
        )));
    }
    if !kept.texts.contains_key(&piece.attachment) && kept.texts.len() >= MAX_ATTACHMENTS {
        return Err(too_large(format!("at most {MAX_ATTACHMENTS} attachments at once")));
    }
    kept.bytes += piece.text.len();
    let name: String = piece.name.chars().take(200).collect();
    let entry =
        kept.texts.entry(piece.attachment).or_insert_with(|| Attachment { name, text: String::new() });
    entry.text.push_str(&piece.text);
    Ok(Empty {})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(id: &str, text: String) -> AttachmentPiece {
        AttachmentPiece { attachment: AttachmentId::new(id).unwrap(), name: "notes".into(), text }
    }

    #[test]
    fn a_refused_piece_leaves_nothing_of_its_upload() {
        let mut kept = Attachments::default();
        let id = || AttachmentId::new("a0").unwrap();
        kept.add(piece("a0", "one ".into())).unwrap();
        kept.add(piece("a0", "two".into())).unwrap();
        let copied = kept.copy(&[id()]).unwrap();
        assert_eq!(copied.first().map(|it| it.text.as_str()), Some("one two"));
        assert!(kept.add(piece("a1", "x".repeat(MAX_PIECE_BYTES + 1))).is_err());
        assert!(kept.take(&[id()]).is_err());
        assert_eq!(kept.bytes, 0);
    }
}
