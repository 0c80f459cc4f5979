//! The published JSON Schemas are the ones that the types give.

use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/schema")
}

#[test]
fn published_schemas_are_the_ones_of_the_types() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    for (name, schema) in plyrum_protocol::schema::all() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = folder().join(format!("{name}.json"));
        if update {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, text, "{} differs from the types; UPDATE_SNAPSHOTS=1 rewrites it", path.display());
    }
}

#[test]
fn no_schema_is_left_over() {
    let names: Vec<String> =
        plyrum_protocol::schema::all().iter().map(|(name, _)| format!("{name}.json")).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&file), "snapshots/schema/{file} belongs to no type");
    }
}
