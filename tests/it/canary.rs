//! Keys are planted, a server that gives them away answers, and everything that is left behind is searched for them.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::project::{KEY, Project, Told};
use super::stub::{Reaction, Stub};

/// A secret in a header of one's own, with characters that other forms escape.
const HEADER_KEY: &str = "tenant/canary+7731\"be\\a0=c4d2";

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(text: &str) -> String {
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let sextet = (bits >> (18 - 6 * at)) & 63;
            out.push(if at <= chunk.len() { char::from(BASE64[sextet as usize]) } else { '=' });
        }
    }
    out
}

/// The forms in which a secret could be left somewhere.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let quoted = serde_json::to_string(secret).expect("json");
    vec![secret.to_owned(), base64(secret), hex, percent, quoted.trim_matches('"').to_owned()]
}

/// Everything below a folder.
fn left_behind(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            left_behind(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).expect("file")));
        }
    }
}

#[test]
fn no_form_of_a_key_is_left_in_cassettes_logs_errors_the_store_or_reports() {
    let given_away =
        || -> String { [KEY, HEADER_KEY].iter().flat_map(|secret| forms(secret)).collect::<Vec<_>>().join(" | ") };
    let stub = Stub::start(Duration::ZERO, move |seen| match seen.index {
        // A quote from inside the encoded forms must not be the whole answer: the case asks for the question.
        0..=3 => Reaction::Say(format!("{} and by the way {}", seen.user, given_away())),
        4 => Reaction::Status(400, json!({"error": {"message": format!("bad key {}", given_away())}}), vec![]),
        _ => Reaction::Status(401, json!({"error": {"message": format!("no such key {}", given_away())}}), vec![]),
    });
    let project = Project::new(stub.url(), "openai/gpt-4o-mini", 4);
    project.write(
        "karat.yaml",
        "providers: {openai: {headers: {X-Tenant: \"${env.TENANT_KEY}\"}, retries: {max_attempts: 1}}}\n",
    );
    let run = |args: &str| Told::of(&project.karat(args).env("TENANT_KEY", HEADER_KEY).output().expect("karat runs"));
    let mut found = Vec::new();
    let said = [
        run("eval --record -vv --format json --output report.md --output report.xml --output report.jsonl"),
        run("eval --no-cache -vv"),
        run("eval show latest"),
        run("eval export latest"),
        run("eval list --format json"),
        run("eval --calls replay -vv"),
    ];
    for (at, told) in said.into_iter().enumerate() {
        found.push((format!("stdout {at}"), told.stdout.into_bytes()));
        found.push((format!("stderr {at}"), told.stderr.into_bytes()));
    }
    assert!(stub.calls() >= 5, "{} calls", stub.calls());
    left_behind(project.path(), &mut found);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    for wanted in ["report.md", "report.xml", "report.jsonl", "karat.db", "cassettes"] {
        assert!(names.iter().any(|name| name.contains(wanted)), "{wanted} is not among {names:?}");
    }
    let heard = found.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("and by the way"));
    assert!(heard, "the answer that gave the keys away was not kept at all");
    for (name, bytes) in &found {
        for form in [KEY, HEADER_KEY].iter().flat_map(|secret| forms(secret)) {
            let there = bytes.windows(form.len()).any(|part| part == form.as_bytes());
            assert!(!there, "a key is in {name}, as {form}");
        }
    }
}
