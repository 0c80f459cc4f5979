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
    let kept = &mut visitor.attachments;
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
