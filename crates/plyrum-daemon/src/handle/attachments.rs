//! Texts and pictures on their way: uploaded in pieces, kept by the connection, taken by the next submit that names
//! them, unless that only plans. That a picture is what it says is seen here by its own bytes, whoever sent it.

use super::Visitor;
use crate::ids;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plyrum_engine::{Attachment, Picture};
use plyrum_protocol::{
    AttachmentId, AttachmentPiece, Empty, ErrorKind, Fault, MAX_ATTACHED_BYTES, MAX_ATTACHMENTS,
    MAX_PICTURE_BYTES, MAX_PICTURES, MAX_PIECE_BYTES, MediaType, PictureMark,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one client has uploaded and not used.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    uploads: BTreeMap<AttachmentId, Upload>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Upload {
    name: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Text(String),
    Picture(MediaType, Vec<u8>),
}

/// What comes with a prompt.
#[derive(Debug, Default)]
pub(super) struct Enclosed {
    pub(super) attachments: Vec<Attachment>,
    pub(super) pictures: Vec<Picture>,
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
    pub(super) fn take(&mut self, ids: &[AttachmentId]) -> Result<Enclosed, Fault> {
        let mut enclosed = Enclosed::default();
        for id in ids {
            let upload = self.uploads.remove(id).ok_or_else(|| not_uploaded(id))?;
            self.bytes = self.bytes.saturating_sub(upload.content.len());
            enclosed.add(upload)?;
        }
        Ok(enclosed)
    }

    /// The same, and keeps them: whoever only asks what would happen will ask again.
    pub(super) fn copy(&self, ids: &[AttachmentId]) -> Result<Enclosed, Fault> {
        let mut enclosed = Enclosed::default();
        for id in ids {
            enclosed.add(self.uploads.get(id).cloned().ok_or_else(|| not_uploaded(id))?)?;
        }
        Ok(enclosed)
    }

    /// Bytes of all that is kept: what taking it out has to look at.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    fn pictures(&self) -> usize {
        self.uploads.values().filter(|upload| matches!(upload.content, Content::Picture(..))).count()
    }
}

impl Content {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Picture(_, bytes) => bytes.len(),
        }
    }
}

impl Enclosed {
    fn add(&mut self, upload: Upload) -> Result<(), Fault> {
        let Upload { name, content } = upload;
        match content {
            Content::Text(text) => self.attachments.push(Attachment { name, text }),
            Content::Picture(media, bytes) => self.pictures.push(picture(name, media, bytes)?),
        }
        Ok(())
    }
}

fn picture(name: String, media_type: MediaType, bytes: Vec<u8>) -> Result<Picture, Fault> {
    if MediaType::of(&bytes) != Some(media_type) {
        let message = format!("{name} was sent as {}, and its bytes are no such picture", media_type.name());
        return Err(wrong(message));
    }
    let sha256 = ids::hex(&Sha256::digest(&bytes));
    let mark = PictureMark { name, media_type, bytes: bytes.len() as u64, sha256 };
    Ok(Picture { mark, data: Arc::from(bytes) })
}

fn not_uploaded(id: &AttachmentId) -> Fault {
    Fault::new(ErrorKind::NotFound, format!("attachment `{id}` was not uploaded"))
}

/// Adds a piece.
pub(super) async fn put(visitor: &mut Visitor, piece: AttachmentPiece) -> Result<Empty, Fault> {
    visitor.attachments.add(piece)
}

fn try_add(kept: &mut Attachments, piece: AttachmentPiece) -> Result<Empty, Fault> {
    if piece.text.len() > MAX_PIECE_BYTES {
        return Err(wrong(format!("a piece may have at most {MAX_PIECE_BYTES} bytes")));
    }
    let is_new = !kept.uploads.contains_key(&piece.attachment);
    if is_new && kept.uploads.len() >= MAX_ATTACHMENTS {
        return Err(wrong(format!("at most {MAX_ATTACHMENTS} attachments at once")));
    }
    if is_new && piece.media_type.is_some() && kept.pictures() >= MAX_PICTURES {
        return Err(wrong(format!("at most {MAX_PICTURES} pictures come with one prompt")));
    }
    let name: String = piece.name.chars().take(200).collect();
    let empty = || match piece.media_type {
        None => Content::Text(String::new()),
        Some(media) => Content::Picture(media, Vec::new()),
    };
    let entry = kept.uploads.entry(piece.attachment).or_insert_with(|| Upload { name, content: empty() });
    let before = entry.content.len();
    match &mut entry.content {
        Content::Text(text) => text.push_str(&piece.text),
        Content::Picture(_, bytes) => take_bytes(&entry.name, bytes, &piece.text)?,
    }
    let added = entry.content.len() - before;
    kept.bytes += added;
    if kept.bytes > MAX_ATTACHED_BYTES {
        return Err(wrong(format!("attachments may have at most {} MiB in all", MAX_ATTACHED_BYTES >> 20)));
    }
    Ok(Empty {})
}

fn take_bytes(name: &str, bytes: &mut Vec<u8>, piece: &str) -> Result<(), Fault> {
    let more = STANDARD.decode(piece).map_err(|_| wrong(format!("a piece of {name} is no base64")))?;
    if bytes.len() + more.len() > MAX_PICTURE_BYTES {
        let most = MAX_PICTURE_BYTES >> 10;
        return Err(wrong(format!("{name} is too large: a picture may have at most {most} KiB")));
    }
    bytes.extend_from_slice(&more);
    Ok(())
}

fn wrong(message: String) -> Fault {
    Fault::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(id: &str, text: String) -> AttachmentPiece {
        AttachmentPiece {
            attachment: AttachmentId::new(id).unwrap(),
            name: "notes".into(),
            text,
            media_type: None,
        }
    }

    fn of_picture(id: &str, bytes: &[u8], media_type: MediaType) -> AttachmentPiece {
        AttachmentPiece { media_type: Some(media_type), ..piece(id, STANDARD.encode(bytes)) }
    }

    #[test]
    fn a_refused_piece_leaves_nothing_of_its_upload() {
        let mut kept = Attachments::default();
        let id = || AttachmentId::new("a0").unwrap();
        kept.add(piece("a0", "one ".into())).unwrap();
        kept.add(piece("a0", "two".into())).unwrap();
        let copied = kept.copy(&[id()]).unwrap().attachments;
        assert_eq!(copied.first().map(|it| it.text.as_str()), Some("one two"));
        assert!(kept.add(piece("a1", "x".repeat(MAX_PIECE_BYTES + 1))).is_err());
        assert!(kept.take(&[id()]).is_err());
        assert_eq!(kept.bytes, 0);
    }

    #[test]
    fn a_picture_comes_in_pieces_and_is_what_its_bytes_are() {
        let mut kept = Attachments::default();
        let id = || AttachmentId::new("a0").unwrap();
        let whole = b"\x89PNG\r\n\x1a\n and more";
        for part in whole.chunks(5) {
            kept.add(of_picture("a0", part, MediaType::Png)).unwrap();
        }
        let [picture] = kept.take(&[id()]).unwrap().pictures.try_into().unwrap();
        assert_eq!((picture.data.as_ref(), kept.bytes), (whole.as_slice(), 0));
        assert_eq!(picture.mark.sha256, ids::hex(&Sha256::digest(whole)));
        kept.add(of_picture("a0", whole, MediaType::Jpeg)).unwrap();
        let fault = kept.copy(&[id()]).unwrap_err();
        assert!(fault.message.contains("no such picture"), "{fault}");
    }

    #[test]
    fn pictures_are_bounded_each_and_in_number_and_in_all() {
        let png = |bytes: usize| [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; bytes - 8]].concat();
        let upload = |kept: &mut Attachments, id: &str, bytes: &[u8]| {
            let pieces = bytes.chunks(plyrum_protocol::MAX_PICTURE_PIECE_BYTES);
            pieces
                .map(|piece| of_picture(id, piece, MediaType::Png))
                .try_for_each(|piece| kept.add(piece).map(|_| ()))
        };
        let refused = |fault: Fault, why: &str| assert!(fault.message.contains(why), "{fault}");
        let mut kept = Attachments::default();
        upload(&mut kept, "a", &png(MAX_PICTURE_BYTES)).unwrap();
        refused(upload(&mut kept, "b", &png(MAX_PICTURE_BYTES + 1)).unwrap_err(), "3840 KiB");
        assert!(kept.add(of_picture("c", &[], MediaType::Png)).is_ok(), "the upload began anew");
        for nth in 1..MAX_PICTURES {
            upload(&mut kept, &format!("d{nth}"), &png(9)).unwrap();
        }
        refused(upload(&mut kept, "e", &png(9)).unwrap_err(), "8 pictures");
        for nth in 0..4 {
            upload(&mut kept, &format!("f{nth}"), &png(MAX_PICTURE_BYTES)).unwrap();
        }
        refused(upload(&mut kept, "g", &png(MAX_PICTURE_BYTES)).unwrap_err(), "16 MiB");
        let odd = AttachmentPiece { media_type: Some(MediaType::Png), ..piece("h", "не base64".into()) };
        refused(kept.add(odd).unwrap_err(), "base64");
    }
}
