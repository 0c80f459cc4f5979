//! `fetch_url` against little servers of its own.

#![expect(clippy::unwrap_used, reason = "tests: helpers fail by panicking")]

use plyrum_tools::fetch::{Args, FetchError, Fetched, Fetcher};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A server that answers by path; the answer is the whole response, in which `{port}` is its own port.
async fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut request = vec![0; 8192];
                let count = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8(request[..count].to_vec()).unwrap();
                let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
                assert!(!request.to_lowercase().contains("accept-encoding"), "{request}");
                assert!(!request.to_lowercase().contains("cookie"), "{request}");
                let bytes = answer(&path);
                if bytes.is_empty() {
                    std::future::pending::<()>().await; // it never answers
                }
                let _gone = stream.write_all(&bytes).await;
            });
        }
    });
    port
}

fn page(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body.as_bytes()].concat()
}

async fn fetch(url: &str) -> Result<Fetched, FetchError> {
    fetch_if(url, &|_| Ok(())).await
}

async fn fetch_if(
    url: &str,
    may: &(dyn Fn(&str) -> Result<(), String> + Send + Sync),
) -> Result<Fetched, FetchError> {
    let (_keep, stop) = watch::channel(false);
    let args = Args { url: url.to_owned(), max_bytes: None };
    Fetcher::new().with_private(true).execute(&args, may, stop).await
}

#[tokio::test]
async fn a_page_comes_as_text_with_its_status() {
    let port = serve(|path| match path {
        "/html" => page("200 OK", "content-type: text/html\r\n", "<h1>Привет</h1><script>x()</script>"),
        "/none" => page("404 Not Found", "content-type: text/plain\r\n", "nothing here"),
        "/png" => page("200 OK", "content-type: image/png\r\n", "\u{1}"),
        _ => b"this is no HTTP\r\n\r\n".to_vec(),
    })
    .await;
    let html = fetch(&format!("http://127.0.0.1:{port}/html")).await.unwrap();
    assert!(html.text.contains("Привет") && !html.text.contains("x()"), "{}", html.text);
    let none = fetch(&format!("http://127.0.0.1:{port}/none")).await.unwrap();
    assert_eq!((none.status, none.text.as_str()), (404, "nothing here"));
    let png = fetch(&format!("http://127.0.0.1:{port}/png")).await.unwrap_err();
    assert!(matches!(png, FetchError::Binary { .. }), "{png}");
    let broken = fetch(&format!("http://127.0.0.1:{port}/broken")).await.unwrap_err();
    assert!(matches!(broken, FetchError::Failed { .. }), "{broken}");
}

#[tokio::test]
async fn a_long_page_is_cut_and_not_read_to_its_end() {
    let port = serve(|_| page("200 OK", "content-type: text/plain\r\n", &"ж".repeat(4 << 20))).await;
    let long = fetch(&format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert!(long.cut && long.text.len() <= 256 * 1024 && long.bytes <= 4 << 20, "{}", long.text.len());
}

#[tokio::test]
async fn redirects_are_asked_for_where_they_lead_to_another_host() {
    let other = serve(|_| page("200 OK", "content-type: text/plain\r\n", "there")).await;
    let port = serve(move |path| match path {
        "/here" => page("302 Found", "location: /end\r\n", ""),
        "/there" => page("301 Moved", &format!("location: http://localhost:{other}/x\r\n"), ""),
        "/loop" => page("302 Found", "location: /loop\r\n", ""),
        "/file" => page("302 Found", "location: file:///etc/passwd\r\n", ""),
        _ => page("200 OK", "content-type: text/plain\r\n", "end"),
    })
    .await;
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let never = |_: &str| Err("no rule names it".to_owned());
    assert_eq!(fetch_if(&at("/here"), &never).await.unwrap().text, "end", "the same host is not asked for");
    let there = fetch_if(&at("/there"), &never).await.unwrap_err();
    assert!(matches!(&there, FetchError::Elsewhere { url, .. } if url.contains("localhost")), "{there}");
    assert_eq!(fetch(&at("/there")).await.unwrap().text, "there");
    assert!(matches!(fetch(&at("/loop")).await, Err(FetchError::Circles { .. })));
    assert!(matches!(fetch(&at("/file")).await, Err(FetchError::Failed { .. })));
}

#[tokio::test]
async fn this_machine_and_its_networks_are_refused_however_they_are_written() {
    let port = serve(|_| page("200 OK", "content-type: text/plain\r\n", "secret")).await;
    let (_keep, stop) = watch::channel(false);
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
    ] {
        let args = Args { url: format!("http://{host}:{port}/"), max_bytes: None };
        let refused = Fetcher::new().execute(&args, &|_| Ok(()), stop.clone()).await.unwrap_err();
        assert!(matches!(refused, FetchError::NotPublic { .. }), "{host}: {refused}");
    }
    for url in
        ["ftp://example.org/", "file:///etc/passwd", "http://user:pass@example.org/", "nonsense", "http://"]
    {
        let args = Args { url: url.to_owned(), max_bytes: None };
        let refused = Fetcher::new().execute(&args, &|_| Ok(()), stop.clone()).await.unwrap_err();
        assert!(matches!(refused, FetchError::Address { .. }), "{url}: {refused}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_left_when_the_run_ends() {
    let port = serve(|_| Vec::new()).await;
    let (stop, stopped) = watch::channel(false);
    let args = Args { url: format!("http://127.0.0.1:{port}/"), max_bytes: None };
    let fetching =
        tokio::spawn(
            async move { Fetcher::new().with_private(true).execute(&args, &|_| Ok(()), stopped).await },
        );
    stop.send_replace(true);
    assert_eq!(fetching.await.unwrap(), Err(FetchError::Stopped));
}
