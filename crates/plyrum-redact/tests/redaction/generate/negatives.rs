//! Texts in which there is nothing to redact, however much of it looks that way: prose about passwords,
//! code that handles keys, logs full of hashes, lock files, images, dumps, public certificates.

use super::format;
use super::random::Random;

/// Makes a sentence, a line, an entry.
type Maker = fn(&mut Random) -> String;

/// Each corpus by name, of at least `bytes`.
pub(crate) fn corpora(bytes: usize) -> Vec<(&'static str, String)> {
    let makers: [(&'static str, Maker); 8] = [
        ("russian prose", russian),
        ("english prose", english),
        ("code", code),
        ("logs", log_line),
        ("lock files, hashes", lock_entry),
        ("base64 images", image),
        ("minified scripts", minified),
        ("dumps, certificates", dump),
    ];
    let mut random = Random::new(20_260_301);
    let mut fill = |maker: Maker| {
        let mut text = String::with_capacity(bytes + 65_536);
        while text.len() < bytes {
            text.push_str(&maker(&mut random));
        }
        text
    };
    makers.map(|(name, maker)| (name, fill(maker))).into()
}

/// Sentences of a small grammar, every so often a written paragraph.
fn russian(random: &mut Random) -> String {
    if random.below(12) == 0 {
        return format!("{}\n\n", random.pick(&PARAGRAPHS));
    }
    let who = random.pick(&["Служба", "Программа", "Команда", "Система", "Библиотека", "Наша группа"]);
    let when =
        random.pick(&["каждый день", "после обновления", "иногда", "в тихие часы", "без спешки", "снова"]);
    let does =
        random.pick(&["проверяет", "читает", "сохраняет", "находит", "передаёт", "сравнивает", "забывает"]);
    let what = random.pick(&[
        "пароль",
        "секретный ключ",
        "токен доступа",
        "список слов",
        "журнал",
        "договор",
        "письмо",
    ]);
    let whose =
        random.pick(&["пользователя", "соседнего отдела", "сервера", "читателя", "старого заказчика"]);
    let tail = random.pick(&[
        "и ничего не спрашивает",
        "а потом ложится спать",
        "хотя об этом никто не просил",
        "потому что так записано в правилах",
        "если хватает памяти",
        "как показано на рисунке 12",
    ]);
    let n = random.below(900) + 3;
    match random.below(8) {
        0 => format!("{who} {when} {does} {what} {whose}, {tail}. "),
        1 => format!("Пароль: введите новый пароль, не короче {n} знаков, {tail}. "),
        2 => format!("Ключ: тот самый, от подвала; токен: смотри выше, п. {n}. "),
        3 => format!("{who} {does} {what}: «{whose}», {tail}; подробности — на с. {n}. "),
        4 => format!("— А {what}? — спросили {whose}. — {tail}, — ответили нам в {n}-й раз.\n"),
        5 => format!("Секрет: не торопиться. {who} {when} {does} {n} строк. "),
        6 => format!("Сбербанк, Яндекс и Озон: {n} рублей {whose}, {tail}. "),
        _ => format!("Так {when} {who} {does} {what} — {tail}.\n\n"),
    }
}

const PARAGRAPHS: [&str; 5] = [
    "Хороший пароль похож на хорошую шутку: его легко помнить, трудно угадать и незачем объяснять. Плохой \
     записан на жёлтой бумажке под клавиатурой, где его ищут прежде всего.",
    "Ключ от сейфа лежал в ящике стола, ящик был заперт, а ключ от ящика, как выяснилось, хранился в сейфе. \
     Так мы и узнали, что такое взаимная блокировка.",
    "Токен — это не монета и не жетон метро, хотя похож на оба: предъявил, прошёл, потерял. Срок его жизни \
     короток (15 минут), и это не недостаток, а замысел.",
    "В разделе «Настройки» выберите «Безопасность», затем «Ключи API». Нажмите «Создать», скопируйте значение \
     и сохраните его в надёжном месте: второй раз оно не показывается.",
    "Если сервис отвечает 401, проверьте по порядку: задан ли токен, не истёк ли он, тот ли это токен. В девяти \
     случаях из десяти дело в третьем; в десятом часы отстали на 7 минут.",
];

fn english(random: &mut Random) -> String {
    let who = random.pick(&[
        "The daemon",
        "A client",
        "Our router",
        "The parser",
        "Every reader",
        "The linear model",
    ]);
    let does = random.pick(&["rotates", "reads", "refuses", "forgets", "stores", "compares", "asks for"]);
    let what = random.pick(&[
        "the password",
        "a bearer token",
        "its secret key",
        "the API key of the vendor",
        "a basic idea",
        "two proposals",
        "the risk-free disk",
        "an authorization header",
    ]);
    let tail = random.pick(&[
        "before anybody notices",
        "as RFC 6750 describes",
        "which takes 25 ms",
        "unless the segment is closed",
        "and then square the result",
        "on Cloudflare, Fastly and Netlify alike",
        "with Sentry, Datadog or Sumo Logic",
    ]);
    let n = random.below(900) + 3;
    match random.below(6) {
        0 => format!("{who} {does} {what}, {tail}. "),
        1 => format!("Password: at least {n} characters, {tail}. Token: see section {n}. "),
        2 => format!("Set `api_key` to your key ({tail}); the secret: patience. "),
        3 => format!("See https://example.com/a/b-{n}?q=key&x={n}#token for {what}.\n"),
        4 => format!("{who} {does} {what}: {n} times, {tail}.\n\n"),
        _ => format!("Note {n}: sk- and xoxb- are prefixes; {who} {does} {what}. "),
    }
}

fn code(random: &mut Random) -> String {
    let noun =
        random.pick(&["secret", "token", "password", "api_key", "credential", "algolia", "stripe", "github"]);
    let part =
        random.pick(&["manager", "client", "factory", "provider", "registry", "reader", "store", "cache"]);
    let n = random.below(900) + 10;
    match random.below(20) {
        0 => format!("let {noun}_{part} = {noun}_{part}_factory(config, {n});\n"),
        1 => "let token = next_token(lexer)?;\nwhile token != Token::End { token = next_token(lexer)?; }\n"
            .into(),
        2 => {
            format!("pub struct {noun}Entry {{ password: String, token: Option<Token{n}>, key: [u8; 32] }}\n")
        }
        3 => format!(
            "fn {noun}_{part}(&self, password: &str, secret: SecretString) -> Result<Key, KeyError> {{\n"
        ),
        4 => format!("    password = self.config.get('{noun}_{part}')  # {n}\n"),
        5 => format!(
            "const {{ {noun}Token, apiKey }} = await load{n}(process.env.{}_API_KEY);\n",
            noun.to_uppercase()
        ),
        6 => format!("{}_API_KEY=${{{}_API_KEY}}\n", noun.to_uppercase(), noun.to_uppercase()),
        7 => format!("  {noun}_key: {{{{ .Values.{noun}.{part} }}}}\n  password: <your-password-here>\n"),
        8 => format!("if (password.length < {n}) throw new Error('password: too short');\n"),
        9 => format!("assert_eq!(token.kind, TokenKind::Ident{n}, \"token: {{:?}}\", token);\n"),
        10 => format!("#[serde(rename = \"{noun}_{part}\")]\npub {noun}_{part}_v{n}: Option<String>,\n"),
        11 => format!(
            "-- key: the primary key of the row\nSELECT key, token FROM {noun}_{part} WHERE id = {n};\n"
        ),
        12 => "headers = {'Authorization': f'Bearer {token}', 'X-Api-Key': settings.api_key}\n".into(),
        13 => format!("password = getpass.getpass(prompt='Password: ')\ntoken = tokens[{n}]\n"),
        14 => format!("url = f\"postgres://{{user}}:{{password}}@{{host}}:{n}/{{db}}\"\n"),
        15 => format!("if text.starts_with(\"-----BEGIN PRIVATE KEY-----\") {{ return {n}; }}\n"),
        16 => format!("db.connect(host=host, user=user, password=password, port={n})\n"),
        17 => format!("export {}_TOKEN=\"$(cat ~/.config/{part}/token)\"\n", noun.to_uppercase()),
        18 => format!("static {}_{}_TIMEOUT_MS: u64 = {n}_000;\n", noun.to_uppercase(), part.to_uppercase()),
        _ => format!("import {{ {noun}Key{n} }} from '@scope/{noun}-{part}/dist/{noun}.{part}.js';\n"),
    }
}

fn log_line(random: &mut Random) -> String {
    let (text, _) = format::sample(
        random.pick(&[
            "2026-03-0[1-9]T0[1-9]:[1-5][0-9]:[1-5][0-9].[0-9]{3}Z INFO daemon::connection client=c[0-9]{2} run=r-[a-f0-9]{16} bytes=[0-9]{5} took=[0-9]{2}ms\n",
            "[0-9]{2}.0.0.[1-9] - - [[]0[1-9]/Mar/2026:10:00:0[0-9] +0000] \"GET /api/v1/items?id=[0-9]{6}&sort=key HTTP/1.1\" 200 [0-9]{4}\n",
            "trace_id=[a-f0-9]{32} span_id=[a-f0-9]{16} http.url=http://127.0.0.1:80[0-9]{2}/v1/chat key_count=[0-9]{3}\n",
            "WARN auth: token expired, user=u[0-9]{4} request_id=<uuid> attempt=[1-9]\n",
            "commit [a-f0-9]{40}\nindex [a-f0-9]{8}..[a-f0-9]{8} 100644\n",
            "DEBUG redis: key=session:[a-f0-9]{8} ttl=[0-9]{3} token bucket: [0-9]{2} left\n",
            "error: password authentication failed for user \"app[0-9]\" (host=10.0.0.[1-9] port=5432)\n",
            "sshd[[][0-9]{5}]: Accepted publickey for git from 10.0.0.[1-9] port [1-5][0-9]{4} ssh2: ED25519 SHA256:[A-Za-z0-9+/]{43}\n",
        ]),
        random,
    );
    text
}

fn lock_entry(random: &mut Random) -> String {
    let (text, _) = format::sample(
        random.pick(&[
            "[[]]\nname = \"crate-[a-z]{6}\"\nversion = \"1.[0-9].[0-9]{2}\"\nchecksum = \"[a-f0-9]{64}\"\n",
            "\"node_modules/(sentry|algolia|stripe|dropbox)-[a-z]{5}\": {\"version\": \"4.[0-9].[0-9]\", \"integrity\": \"sha512-[A-Za-z0-9+/]{86}==\"},\n",
            "(datadog|twilio|okta|asana)==2.[0-9].1 --hash=sha256:[a-f0-9]{64}\n",
            "github.com/(hashicorp|digitalocean)/[a-z]{7} v1.[0-9].0 h1:[A-Za-z0-9+/]{43}=\n",
            "[a-f0-9]{32}  (grafana|netlify|heroku)-[a-z]{4}.tar.gz\n",
            "etag: W/\"[a-f0-9]{32}\" id=<uuid>\n",
            "image: registry.example.com/(vercel|twitch|linear)/app@sha256:[a-f0-9]{64}\n",
        ]),
        random,
    );
    text
}

fn image(random: &mut Random) -> String {
    let start = "<img alt=\"key\" src=\"data:image/png;base64,iVBORw0KGgo";
    format!("{start}{}==\">\n", format::sample("[A-Za-z0-9+/]{8000}", random).0)
}

fn minified(random: &mut Random) -> String {
    let (text, _) = format::sample(
        random.pick(&[
            "!function(e,t){var n=t.token,r=e.key||\"k[0-9]\";return n(r,[0-9]{3})}(window.a[a-z]{2},b[0-9]);",
            "var a[a-z]={password:!0,token:t[0-9],secret:function(e){return e.k[0-9]{2}},key:\"[a-z]{8}\"};",
            "e.exports={id:[0-9]{3},hash:\"[a-f0-9]{20}\",chunk:\"[a-z]{5}.[a-f0-9]{8}.js\"};",
            "const o=r.createElement(\"input\",{type:\"password\",key:\"pw\"+i,value:s[[]l],onChange:c});",
            "sk=i,pk=o,fw_=s,hf_=a;for(;u--;)x[[]u]=y(x[[]u]^[0-9]{5});",
        ]),
        random,
    );
    text
}

fn dump(random: &mut Random) -> String {
    let (text, _) = format::sample(
        random.pick(&[
            "INSERT INTO items (id, name, hash) VALUES ([0-9]{6}, 'item [a-z]{6}', '[a-f0-9]{40}');\n",
            "INSERT INTO keys VALUES ('<uuid>', 'primary key', NULL, '2026-03-0[1-9]', [0-9]{9});\n",
            "-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/]{64}\n[A-Za-z0-9+/]{64}\n[A-Za-z0-9+/]{40}==\n-----END CERTIFICATE-----\n",
            "-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/]{64}\n[A-Za-z0-9+/]{40}==\n-----END PUBLIC KEY-----\n",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43} user@host\n",
            "{\"kid\":\"[a-z0-9]{8}\",\"kty\":\"RSA\",\"n\":\"[A-Za-z0-9_-]{171}\",\"e\":\"AQAB\"}\n",
        ]),
        random,
    );
    text
}
