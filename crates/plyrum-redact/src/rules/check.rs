//! What tells a secret from an identifier or a placeholder of the same shape.
//!
//! Each check but [`Check::Uuid`] and [`Check::Password`]'s and [`Check::Token`]'s is monotone: if it refuses
//! a run of characters it refuses every beginning of that run (see the module above for why that matters).
//! Those three belong to rules that refuse what a marker follows.

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
    /// 8-4-4-4-12 hex digits.
    Uuid,
    /// Something a person or a generator would choose as a password, not a word, path or expression.
    Password,
    /// Random letters and digits rather than words with numbers.
    Token,
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
            Self::Uuid => is_uuid(run),
            Self::Password => is_password(run),
            Self::Token => is_token(run),
            Self::UserPassword => is_user_password(run),
        }
    }
}

fn digits(run: &[u8]) -> usize {
    run.iter().filter(|b| b.is_ascii_digit()).count()
}

fn rises(run: &[u8]) -> usize {
    run.array_windows().filter(|[a, b]| a.is_ascii_lowercase() && b.is_ascii_uppercase()).count()
}

fn is_uuid(run: &[u8]) -> bool {
    let parts = run.split(|b| *b == b'-').map(<[u8]>::len);
    parts.eq([8, 4, 4, 4, 12]) && run.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
}

/// Letters and, in their midst, digits or signs; or digits alone.
fn is_password(run: &[u8]) -> bool {
    let letters = run.iter().filter(|b| b.is_ascii_alphabetic() || **b >= 0x80).count();
    let signs = run.iter().filter(|b| b"!@#%^&*+?~".contains(b)).count();
    let code = |part: &[u8]| run.windows(part.len()).any(|window| window == part);
    let looks_like_code = b"/.~*%&#@-+!?:=|".contains(run.first().unwrap_or(&b'.'))
        || run.split(|b| *b == b'.').count() > 2
        || [&b"::"[..], b"->", b"://", b"==", b"&&", b"||", b"!="].into_iter().any(code);
    let constant = run.contains(&b'_') && !run.iter().any(|b| b.is_ascii_lowercase() || *b >= 0x80);
    !looks_like_code && !constant && ((letters >= 2 && digits(run) + signs > 0) || digits(run) == run.len())
}

/// Random text changes between small letters, capitals and digits every few characters; words do not.
fn is_token(run: &[u8]) -> bool {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let changes = run.array_windows().filter(|[a, b]| {
        let (a, b) = (kind(*a), kind(*b));
        a != b && a != 0 && b != 0 && (a, b) != (2, 1)
    });
    let letters = run.iter().filter(|b| b.is_ascii_alphabetic()).count();
    digits(run) >= 2 && letters >= 2 && changes.count() * 6 >= run.len() && distinct(run) >= 8
}

fn distinct(run: &[u8]) -> usize {
    let mut seen = [false; 256];
    run.iter().filter(|b| !std::mem::replace(&mut seen[usize::from(**b)], true)).count()
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
