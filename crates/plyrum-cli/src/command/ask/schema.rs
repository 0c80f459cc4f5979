//! The schema that an answer must fit. It is looked at before anything is asked: a schema that nothing can be checked
//! against must not cost anything.

use super::input::{decode, read_bounded};
use crate::fault::wrong_use;
use crate::text::say;
use plyrum_form::{Form, MAX_SCHEMA_BYTES};
use plyrum_protocol::Fault;
use serde_json::Value;
use std::fs::File;
use std::io;
use std::path::Path;

/// Reads a schema and sees that it is one.
pub(super) fn read(path: &Path) -> Result<Value, Fault> {
    let shown = path.display().to_string();
    let cannot = |e: io::Error| wrong_use(say!("fault-read", path = &shown, why = e.to_string()));
    let about = std::fs::metadata(path).map_err(cannot)?;
    if about.is_dir() {
        return Err(wrong_use(say!("fault-schema-directory", path = &shown)));
    }
    let bytes = read_bounded(File::open(path).map_err(cannot)?, MAX_SCHEMA_BYTES).map_err(cannot)?;
    let too_large = || wrong_use(say!("fault-schema-too-large", path = &shown, kib = MAX_SCHEMA_BYTES >> 10));
    let text = decode(bytes.ok_or_else(too_large)?, &shown)?;
    let of_form = |why: plyrum_form::NoForm| {
        let why = why.to_string();
        wrong_use(say!("fault-schema", path = &shown, why = &*crate::text::told(&why)))
            .hint(say!("hint-schema"))
    };
    Form::parse(&text).map_err(of_form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::ErrorKind;

    #[test]
    fn what_is_no_schema_is_refused_with_the_file_and_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.json");
        let refused = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            let fault = read(&path).unwrap_err();
            assert_eq!(fault.kind, ErrorKind::Usage);
            assert!(fault.message.contains("s.json"), "{}", fault.message);
            fault.message
        };
        assert!(refused(b"{").contains("it is not JSON"));
        assert!(refused(b"{\"type\":\"objekt\"}").contains("it is no JSON Schema"));
        assert!(refused(b"{\"$ref\":\"https://example.com/a.json\"}").contains("only references within"));
        assert!(refused(b"\xff").contains("UTF-8"));
        assert!(refused(&vec![b' '; MAX_SCHEMA_BYTES + 1]).contains("64 KiB"));
        assert!(read(dir.path()).unwrap_err().message.contains("is a directory"));
        assert!(read(&dir.path().join("none")).unwrap_err().message.contains("none"));
        std::fs::write(&path, "\u{feff}{\"type\": \"object\"}").unwrap();
        assert_eq!(read(&path).unwrap(), serde_json::json!({ "type": "object" }));
    }
}
