//! Pictures that come with a prompt: what their bytes are, how many and how large they may be, and what goes on record of
//! one. The bytes themselves are in uploads, requests and one private file, never in a frame.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most bytes of one picture: 3840 KiB. The narrowest of the providers takes 5 MiB, and counts them in base64, which makes four
/// of three.
pub const MAX_PICTURE_BYTES: usize = 5 * 1024 * 1024 / 4 * 3;
/// Most pictures that come with one prompt.
pub const MAX_PICTURES: usize = 8;

/// Pictures that models read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum MediaType {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
    /// GIF.
    #[serde(rename = "image/gif")]
    Gif,
}

impl MediaType {
    /// Its name (RFC 6838).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// By a file's first bytes, whatever it is called; none for everything else.
    pub const fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// A picture as it goes on record: everything but its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PictureMark {
    /// Its name, as the client gave it.
    pub name: String,
    /// What its bytes are.
    pub media_type: MediaType,
    /// How many there are.
    pub bytes: u64,
    /// SHA-256 of them, in hex: the name under which they are kept.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes_alone() {
        for (bytes, media) in [
            (b"\x89PNG\r\n\x1a\n".as_slice(), Some(MediaType::Png)),
            (b"\xff\xd8\xff\xe0....", Some(MediaType::Jpeg)),
            (b"GIF89a", Some(MediaType::Gif)),
            (b"GIF87a.", Some(MediaType::Gif)),
            (b"RIFF\x00\x01\x02\x03WEBPVP8 ", Some(MediaType::Webp)),
            (b"RIFF\x00\x01\x02\x03WAVE", None),
            (b"\x89PNG\r\n\x1a", None),
            (b"GIF88a", None),
            (b"<svg/>", None),
            (b"", None),
        ] {
            assert_eq!(MediaType::of(bytes), media, "{bytes:?}");
        }
    }

    #[test]
    fn its_name_on_the_socket_is_its_media_type() {
        for media in [MediaType::Png, MediaType::Jpeg, MediaType::Webp, MediaType::Gif] {
            assert_eq!(serde_json::to_value(media).unwrap(), media.name());
        }
    }
}
