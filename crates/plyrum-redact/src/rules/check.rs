//! What tells a secret from an identifier or a placeholder of the same shape.
//!
//! Each check is monotone: if it refuses a run of characters it refuses every beginning of that run
//! (see the module above for why that matters).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Decodes what is there, whatever is cut off behind it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A condition on the characters of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The shape says it all.
    Any,
    /// Digits plus changes from lower to upper case, at least this many.
    Random(usize),
    /// A digit, or three changes from lower to upper case: not `HeaderValue`, `YOUR_API_KEY`.
    Mixed,
    /// 16 letters and digits on end, among them a letter and two digits.
    Dense,
    /// Base64 of printable ASCII with a `:` in it: user and password.
    UserPassword,
    /// Three base64url parts of at least 10 characters, joined by dots.
    Jwt,
}

impl Check {
    pub(super) fn accepts(self, run: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Random(least) => digits(run) + rises(run) >= least,
            Self::Mixed => digits(run) > 0 || rises(run) >= 3,
            Self::Dense => run.split(|b| !b.is_ascii_alphanumeric()).any(|part| {
                part.len() >= 16 && part.iter().any(u8::is_ascii_alphabetic) && digits(part) >= 2
            }),
            Self::UserPassword => is_user_password(run),
            Self::Jwt => run.split(|b| *b == b'.').take_while(|part| part.len() >= 10).count() >= 3,
        }
    }
}

fn digits(run: &[u8]) -> usize {
    run.iter().filter(|b| b.is_ascii_digit()).count()
}

fn rises(run: &[u8]) -> usize {
    run.array_windows().filter(|[a, b]| a.is_ascii_lowercase() && b.is_ascii_uppercase()).count()
}

fn is_user_password(run: &[u8]) -> bool {
    let unpadded = run.split(|b| *b == b'=').next().unwrap_or_default();
    for group in unpadded.chunks(4) {
        let Ok(decoded) = LENIENT.decode(group) else { return false };
        for byte in decoded {
            match byte {
                b':' => return true,
                b' '..=b'~' => {}
                _ => return false,
            }
        }
    }
    false
}
