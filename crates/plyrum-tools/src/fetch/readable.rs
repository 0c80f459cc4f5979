//! From a body to text that can be read.

/// Columns of text made from HTML.
const WIDTH: usize = 100;
/// Bytes of a body that are looked at to tell text from something else.
const LOOKED_AT: usize = 4096;

/// Whether a type may be text; none is told by the content.
pub(super) fn may_be_text(content_type: &str) -> bool {
    let kind = essence(content_type);
    let text = ["json", "xml", "javascript", "yaml", "toml", "x-sh", "sql", "graphql", "x-ndjson", "rtf"];
    kind.is_empty()
        || kind.starts_with("text/")
        || kind.starts_with("message/")
        || (kind.starts_with("application/") && text.iter().any(|word| kind.contains(word)))
}

/// Bytes of HTML that are made readable, and how deep its elements may lie: a page is somebody else's, and what takes
/// more than linear time in either is bounded here.
const MAX_HTML: usize = 512 * 1024;
const MAX_DEPTH: usize = 200;
/// Elements without an end.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// The text, and whether something was left out; none where it is none.
pub(super) fn text(body: &[u8], content_type: &str) -> Option<(String, bool)> {
    let mut text = decoded(body, content_type)?;
    if !is_html(&text, content_type) {
        return Some((text, false));
    }
    let cut = text.len() > MAX_HTML;
    text.truncate(text.floor_char_boundary(MAX_HTML));
    if depth(&text) > MAX_DEPTH {
        return Some((without_tags(&text), cut));
    }
    // What cannot be made readable is shown without its tags.
    Some((html2text::from_read(text.as_bytes(), WIDTH).unwrap_or_else(|_| without_tags(&text)), cut))
}

/// How deep elements may lie at most; one that is not closed counts to the end.
fn depth(html: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        if tag.starts_with('/') {
            now = now.saturating_sub(1);
            continue;
        }
        let name: String =
            tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        if !name.is_empty() && !VOID.contains(&name.as_str()) {
            now += 1;
            most = most.max(now);
        }
    }
    most
}

/// The text between tags, without scripts and styles.
fn without_tags(html: &str) -> String {
    let mut out = String::new();
    let mut skipped: Option<&str> = None;
    for (nth, tag) in html.split('<').enumerate() {
        let (name, behind) = if nth == 0 { ("", tag) } else { tag.split_once('>').unwrap_or((tag, "")) };
        let lower = name.to_ascii_lowercase();
        match skipped {
            Some(end) if lower.starts_with(end) => skipped = None,
            Some(_) => continue,
            None if lower.starts_with("script") => skipped = Some("/script"),
            None if lower.starts_with("style") => skipped = Some("/style"),
            None => {}
        }
        if skipped.is_none() && !behind.trim().is_empty() {
            out.push_str(behind.trim());
            out.push('\n');
        }
    }
    out
}

fn decoded(body: &[u8], content_type: &str) -> Option<String> {
    let named = charset(content_type).or_else(|| charset_of_html(body));
    let is_wide = named.as_ref().is_some_and(|name| name.to_ascii_lowercase().starts_with("utf-16"));
    if !is_wide && body.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
        return None;
    }
    let encoding = named.and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
    let (text, _, _) = encoding.unwrap_or(encoding_rs::UTF_8).decode(body);
    Some(text.into_owned())
}

fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn charset(content_type: &str) -> Option<String> {
    let mut parameters = content_type.split(';').skip(1);
    let charset = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    };
    parameters.find_map(charset)
}

/// `<meta charset=…>` near the beginning.
fn charset_of_html(body: &[u8]) -> Option<String> {
    // Only ASCII is looked for, so any encoding that has it does.
    let head: String =
        body.iter().take(LOOKED_AT).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let (_, after) = head.split_once("charset=")?;
    let name: String = after
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .collect();
    (!name.is_empty()).then_some(name)
}

fn is_html(text: &str, content_type: &str) -> bool {
    let kind = essence(content_type);
    if !kind.is_empty() {
        return matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
    }
    let start = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_readable_and_other_text_stays() {
        let html = "<!doctype html><html><head><title>T</title><style>p{}</style><script>evil()</script></head><body>\
                    <h1>Заголовок</h1><p>Один <a href=\"https://example.org/x\">ссылка</a></p><ul><li>a</li><li>b</li></ul>\
                    <pre>fn main() {}</pre></body></html>";
        let shown = text(html.as_bytes(), "text/html; charset=utf-8").unwrap().0;
        for part in ["Заголовок", "Один", "https://example.org/x", "* a", "fn main() {}"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("evil") && !shown.contains("p{}"), "{shown}");
        assert_eq!(text(b"<p>", "text/plain").unwrap().0, "<p>");
        assert_eq!(text(b"{}", "application/json").unwrap().0, "{}");
    }

    #[test]
    fn a_page_that_is_made_to_take_for_ever_is_read_without_its_tags() {
        let deep = format!("<html>{}да<script>x</script>{}", "<div>".repeat(80_000), "</div>".repeat(80_000));
        assert_eq!(text(deep.as_bytes(), "text/html"), Some(("да\n".to_owned(), true)));
        assert_eq!(depth("<p>a<br><img src=x></p><p>b</p>"), 1);
    }

    #[test]
    fn charsets_are_found_in_the_header_and_in_the_page() {
        let cyrillic = [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2];
        assert_eq!(text(&cyrillic, "text/plain; charset=windows-1251").unwrap().0, "Привет");
        let page =
            [b"<html><head><meta charset=\"windows-1251\"></head><body>".as_slice(), &cyrillic].concat();
        assert!(text(&page, "text/html").unwrap().0.contains("Привет"));
        assert_eq!(text(&[0, 1, 2], ""), None);
        assert!(
            !may_be_text("image/png")
                && !may_be_text("application/zip")
                && may_be_text("application/ld+json")
        );
    }
}
