//! Texts and text fragments the tests share. No real credential is among them.

use plyrum_redact::Redactor;

/// The known secrets of [`redactor`].
pub(crate) const SECRETS: [&str; 5] =
    ["k-7f/Q+z\"9 ü!", "aaaaaaab", "aaabaaab-tail", "lab-key-0123456789", "кот-пароль-42"];

pub(crate) fn redactor() -> Redactor {
    let secrets = SECRETS.iter().enumerate().map(|(n, s)| (format!("s{n}"), (*s).into()));
    Redactor::new([42; 32], secrets)
}

/// `n` characters that look random, from `alphabet`.
pub(crate) fn random(alphabet: &str, n: usize, mut seed: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    (0..n)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            letters[usize::try_from(seed >> 33).unwrap() % letters.len()]
        })
        .collect()
}

pub(crate) const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const HEX: &str = "0123456789abcdef";

pub(crate) fn pem(end: bool) -> String {
    let body: Vec<String> = (0..5).map(|n| random(ALNUM, if n == 4 { 20 } else { 64 }, 90 + n)).collect();
    let begin = "-----BEGIN RSA PRIVATE KEY-----";
    format!("{begin}\n{}\n{}", body.join("\n"), if end { "-----END RSA PRIVATE KEY-----" } else { "" })
}

/// Every kind of shape once: the text, and the part of it that must not survive.
pub(crate) fn shapes() -> Vec<(String, String)> {
    let body = |n, seed| random(ALNUM, n, seed);
    let mut all = Vec::new();
    let mut tokens = |leads: &[&str], n: usize, alphabet: &str| {
        for (seed, lead) in leads.iter().enumerate() {
            let secret = random(alphabet, n, 1 + seed as u64);
            all.push((format!("{lead}{secret}"), secret));
        }
    };
    tokens(&["sk-", "sk-ant-api03-", "sk-or-v1-", "sk-proj-", "gsk_", "xai-", "csk-", "hvs."], 52, ALNUM);
    tokens(&["github_pat_11A_", "nvapi-", "lsv2_pt_", "pplx-", "r8_", "ntn_", "figd_", "PMAK-"], 60, ALNUM);
    tokens(&["ghp_", "gho_", "ghs_", "npm_", "glsa_", "lin_api_", "hf_", "sk_live_", "AIza"], 36, ALNUM);
    tokens(&["glpat-", "rk_test_", "whsec_", "fw_", "tvly-dev-", "dckr_pat_", "GOCSPX-"], 28, ALNUM);
    tokens(&["xoxb-123456789012-", "xapp-1-", "y0_AgAAAA", "AQVN", "ya29.a0", "NRAK-"], 40, ALNUM);
    tokens(&["AKIA", "ASIA"], 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    tokens(&["SK", "key-", "dapi", "shpat_"], 32, HEX);
    tokens(&["dop_v1_", "SG.abc.", "pypi-AgEIcHlwaS5vcmc"], 64, HEX);
    tokens(&["t1.9euelZ"], 90, ALNUM);
    tokens(&["sk_"], 48, HEX);
    tokens(&["123456789:AA"], 33, ALNUM);
    let jwt = format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", body(40, 5), body(43, 6));
    all.push((jwt.clone(), jwt));
    for lead in ["Authorization: Bearer ", "authorization=token ", "\"x-api-key\": \"", "Bearer ", "Api-Key "]
    {
        all.push((format!("{lead}{}", body(24, 7)), body(24, 7)));
    }
    all.push(("Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l".into(), "YWxhZGRpbjpvcGVuc2VzYW1l".into()));
    all.push(("curl -H 'Basic YWxhZGRpbjpvcGVuc2VzYW1l'".into(), "YWxhZGRpbjpvcGVuc2VzYW1l".into()));
    all.push((r#"{\"Authorization\":\"Bearer s3cretvalue\"}"#.into(), "s3cretvalue".into()));
    all.push(("postgres://app:p@ss:wörd!@db.local:5432/app".into(), "p@ss:wörd!".into()));
    all.push((format!("https://{}:x-oauth-basic@github.com/a/b", body(40, 8)), body(40, 8)));
    all.push(("Server=db;User Id=sa;Password=hunter22!;Encrypt=true".into(), "hunter22!".into()));
    all.push((format!("AccountName=a;AccountKey={}==", body(86, 9)), body(86, 9)));
    all.push((format!("https://hooks.slack.com/services/T0001/B0002/{}", body(24, 10)), body(24, 10)));
    let block = pem(true);
    let line = block.lines().nth(2).unwrap().to_owned();
    all.push((block.clone(), line.clone()));
    all.push((block.replace('\n', "\\n"), line.clone()));
    all.push((pem(false), line));
    all
}

pub(crate) const PROSE: &str = "Plain prose, with a task-list, a risk-free disk, sk- and Bearer words; \
    Basic ideas: https://example.com/a?b=c#d, ssh://git@host/x and http://localhost:8080/@user. ";

pub(crate) const RUSSIAN: &str = "Съешь же ещё этих мягких французских булок, да выпей чаю. \
    Маршрутизатор выбирает модель, посредник складывает ответы, а журнал хранит каждую строку. ";
