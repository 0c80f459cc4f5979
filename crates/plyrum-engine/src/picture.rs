//! Pictures in a conversation: their bytes, shared by all that send them, and what they come to in tokens.
//!
//! A picture stands in the text of its message as a named block, like every attachment, so that a model knows its name and
//! one that sees no pictures knows that there was one. The bytes go beside the text, to models that take them. They are not
//! kept with a run that waits: they are in the session's files, and come back from there or are told to be gone.

use crate::spec::{Attachment, Conversation, ModelChoice};
use plyrum_billing_client::USUAL_PICTURE_TOKENS;
use plyrum_protocol::PictureMark;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A picture of a prompt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What it is.
    pub mark: PictureMark,
    /// Its bytes.
    #[serde(skip)]
    pub data: Arc<[u8]>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mark.fmt(f)
    }
}

impl Picture {
    /// What stands for a picture whose file is gone.
    pub fn gone(mark: &PictureMark) -> Attachment {
        let text = format!("[picture {} is no longer here]", mark.name);
        Attachment { name: mark.name.clone(), text }
    }

    /// What its block says.
    pub(crate) fn words(&self, number: usize) -> String {
        let media = self.mark.media_type.name();
        format!(
            "[picture {number} of this message, {media}: it is beside this text for models that see pictures]"
        )
    }
}

impl Conversation {
    /// Gives its pictures their bytes back; those that are not found are told to be gone.
    pub fn refill(&mut self, find: &dyn Fn(&PictureMark) -> Option<Arc<[u8]>>) {
        let earlier =
            self.history.iter_mut().map(|exchange| (&mut exchange.pictures, &mut exchange.attachments));
        for (pictures, attachments) in earlier.chain([(&mut self.pictures, &mut self.attachments)]) {
            pictures.retain_mut(|picture| {
                let found = find(&picture.mark);
                let is_there = found.is_some();
                if let Some(data) = found {
                    picture.data = data;
                } else {
                    attachments.push(Picture::gone(&picture.mark));
                }
                is_there
            });
        }
    }
}

impl ModelChoice {
    /// Tokens of so many pictures: at most, where the model says how many one can have; else as many as is usual.
    pub(crate) fn picture_tokens(&self, pictures: u64) -> u64 {
        let shown = if self.images { pictures } else { 0 };
        shown.saturating_mul(self.image_tokens.unwrap_or(USUAL_PICTURE_TOKENS))
    }

    /// Bytes of text that would be as many tokens.
    pub fn picture_bytes(&self, pictures: u64) -> u64 {
        self.bytes_per_token.bytes_in(self.picture_tokens(pictures))
    }

    /// Whether it is known how many tokens so many pictures have at most.
    pub(crate) fn bounds_pictures(&self, pictures: u64) -> bool {
        !self.images || pictures == 0 || self.image_tokens.is_some()
    }
}
