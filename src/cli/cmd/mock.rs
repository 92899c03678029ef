//! `karat mock`: a server that answers as providers do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::base::{Problems, SafeName, parse_duration};
use crate::cli::signals::first_signal;
use crate::cli::{Exit, Session, UsageError, certificates, format_parser};
use crate::config::{Config, Overrides};
use crate::mockserver::{Answers, Ended, Fault, Server, ServerOptions, Tally, Upstream, is_loopback_host};
use crate::net::{HttpClient, NetOptions, base_url_problem};
use crate::provider::{Library, Recorder, Script};
use crate::report::Format;

/// Version of what `--format json` prints.
const SCHEMA_VERSION: u32 = 1;

/// Answer as OpenAI, Anthropic and Gemini do, from recordings
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat mock --port 0 --for 100ms                Serve the project's cassettes\n  karat mock --port 0 --for 100ms --fault 429    Answer with faults only",
    after_long_help = "An application is pointed at it by its base URL, such as OPENAI_BASE_URL=http://127.0.0.1:4141/v1 or ANTHROPIC_BASE_URL=http://127.0.0.1:4141. Rules come first, then the recording of the very request, then one with the same model and messages: `x-karat-matched` in the reply says which. Keys are not looked at.\n\nRecord what an application asks, then serve it offline:\n  karat mock --proxy https://api.openai.com/v1 --record app.jsonl\n  karat mock app.jsonl"
)]
pub struct MockArgs {
    /// Serve these cassettes, files or folders [config: cassettes]
    #[arg(value_name = "CASSETTE", value_hint = clap::ValueHint::AnyPath, conflicts_with = "proxy")]
    pub cassettes: Vec<PathBuf>,

    /// Answer by these rules first: a file or folder, as for providers of type `mock`
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath, conflicts_with = "proxy")]
    pub rules: Option<PathBuf>,

    /// Listen on this port; 0 takes a free one and prints it
    #[arg(long, value_name = "PORT", default_value_t = 4141)]
    pub port: u16,

    /// Listen on this address, and answer to any host name: others may then reach it
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,

    /// Wait before each reply, such as `200ms`
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub latency: Option<Duration>,

    /// Wait between two pieces of a streamed reply
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub gap: Option<Duration>,

    /// Fail so: an HTTP status, reset, reset-mid-body, truncate, malformed, hang or hang-mid-body (can be repeated)
    /// [default: 429 with --fault-rate]
    #[arg(long, value_name = "FAULT", value_parser = str::parse::<Fault>)]
    pub fault: Vec<Fault>,

    /// Let this share of the requests fail, 0 to 1 [default: 1 with --fault]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub fault_rate: Option<f64>,

    /// Ask to wait so many seconds where a reply is 429, 503 or 529
    #[arg(long, value_name = "SECONDS")]
    pub retry_after: Option<u32>,

    /// Draw other requests to fail
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,

    /// End after so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_requests: Option<u64>,

    /// End after this time
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    pub duration: Option<Duration>,

    /// Pass requests on to this base URL, with the keys that the application sends
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url, conflicts_with_all = ["fault", "fault_rate", "gap"])]
    pub proxy: Option<String>,

    /// Record the replies into this cassette, or into `recorded.jsonl` in this folder
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath, requires = "proxy")]
    pub record: Option<PathBuf>,

    /// Record models as those of this provider [default: whose API it is]
    #[arg(long, value_name = "PROVIDER", requires = "record")]
    pub provider: Option<String>,

    /// Print the address in this format
    #[arg(long, value_name = "FORMAT", default_value = "plain", value_parser = format_parser(Format::all().filter(|(format, ..)| matches!(format, Format::Plain | Format::Json))))]
    pub format: Format,
}

fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a share from 0 to 1, such as 0.1");
    text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(wrong)
}

/// Serves until it is stopped, or until `--for` and `--max-requests` say so.
///
/// # Errors
/// [`UsageError`] when the cassettes, the rules or the address cannot be used.
pub fn run(args: &MockArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let options = options(args, &config, session, &mut problems)?;
    problems.relative_to(&session.root);
    session.stop_on(problems)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")?;
    let exit = runtime.block_on(serve(args, options, session));
    // Requests that hang on purpose must not hold the process.
    runtime.shutdown_background();
    exit
}

async fn serve(args: &MockArgs, options: ServerOptions, session: &Session) -> anyhow::Result<Exit> {
    let about = about(&options);
    let server = bind(args, options).await?;
    let address = server.address();
    let mut listening = Box::pin(first_signal());
    // Polled once, it listens: whoever has read the address may stop the server at once.
    tokio::select! {
        biased;
        exit = &mut listening => return Ok(exit),
        () = std::future::ready(()) => {}
    }
    session.ui.answer(&told(args.format, address))?;
    session.ui.note(&about);
    if args.host.is_some() && !address.ip().is_loopback() {
        session.ui.problem("warning: other machines can reach this server");
    }
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let duration = args.duration;
    let signal = tokio::spawn(async move {
        let over = async {
            match duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        let exit = tokio::select! {
            exit = listening => exit,
            () = over => Exit::Passed,
        };
        stopping.cancel();
        exit
    });
    let (ended, tally) = server.run(stop).await.map_err(anyhow::Error::msg)?;
    session.ui.note(&counted(&tally));
    Ok(match ended {
        Ended::Served => Exit::Passed,
        Ended::Stopped => signal.await.unwrap_or(Exit::Interrupted),
    })
}

async fn bind(args: &MockArgs, options: ServerOptions) -> anyhow::Result<Server> {
    let host = args.host.as_deref().unwrap_or("127.0.0.1");
    Server::bind(host, args.port, options).await.map_err(|error| {
        let message = format!("`{host}` port {} cannot be listened on: {error}", args.port);
        UsageError::of("no-address", message, "choose another `--port`; 0 takes a free one").into()
    })
}

fn options(
    args: &MockArgs,
    config: &Config,
    session: &Session,
    problems: &mut Problems,
) -> anyhow::Result<ServerOptions> {
    let answers = match &args.proxy {
        Some(url) => Answers::Proxied(upstream(url, args, session, problems)?),
        None => recorded(args, config, session, problems),
    };
    let asked = !args.fault.is_empty() || args.fault_rate.is_some();
    let faults = if args.fault.is_empty() { vec![Fault::Status(429)] } else { args.fault.clone() };
    Ok(ServerOptions {
        answers,
        latency: args.latency.unwrap_or_default(),
        gap: args.gap.unwrap_or_default(),
        faults: if asked { faults } else { Vec::new() },
        fault_rate: args.fault_rate.unwrap_or(1.0),
        retry_after: args.retry_after,
        seed: args.seed,
        any_host: args.host.as_deref().is_some_and(|host| !is_loopback_host(host)),
        max_requests: args.max_requests,
        clock: Arc::clone(&session.clock),
    })
}

fn recorded(args: &MockArgs, config: &Config, session: &Session, problems: &mut Problems) -> Answers {
    let usual = &config.cassettes.value;
    let paths: Vec<PathBuf> = if !args.cassettes.is_empty() {
        args.cassettes.iter().map(|path| session.root.join(session.named(path))).collect()
    } else if usual.is_dir() {
        vec![usual.clone()]
    } else {
        Vec::new()
    };
    let library = Library::open(&paths, &session.root, problems);
    let script = args.rules.as_ref().map(|path| Script::load(&session.root.join(session.named(path)), problems));
    Answers::Recorded { library, script }
}

fn upstream(url: &str, args: &MockArgs, session: &Session, problems: &mut Problems) -> Result<Upstream, UsageError> {
    if let Some(problem) = base_url_problem(url) {
        return Err(UsageError::of(
            "invalid-base-url",
            format!("--proxy: {problem}"),
            "write the base URL of a provider, such as `https://api.openai.com/v1`",
        ));
    }
    let ca_pem = certificates::from_env(session, problems);
    let client = HttpClient::new(NetOptions { ca_pem, ..NetOptions::default() });
    let recorder = args.record.as_deref().map(|path| recorder(path, url, args, session)).transpose()?;
    if let Some(recorder) = &recorder {
        // An application may get its key from where the project has its own.
        let is_secret = |name: &&str| ["KEY", "TOKEN", "SECRET", "PASSWORD"].iter().any(|word| name.contains(word));
        let values = session.env.names().filter(is_secret).filter_map(|name| session.env.get(name));
        values.for_each(|value| recorder.hide(value));
    }
    Ok(Upstream { url: url.to_owned(), transport: Arc::new(client), recorder })
}

fn recorder(path: &Path, url: &str, args: &MockArgs, session: &Session) -> Result<Recorder, UsageError> {
    let full = session.cwd.join(path);
    let is_file = path.extension().is_some_and(|kind| kind == "jsonl");
    let (folder, name) = if is_file {
        (full.parent().map(Path::to_path_buf), path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
    } else {
        (Some(full.clone()), Some("recorded".to_owned()))
    };
    let name = name.as_deref().unwrap_or_default();
    let suite = SafeName::parse(name).map_err(|error| {
        UsageError::of(
            "invalid-cassette",
            format!("--record: {error}"),
            "write a file such as `fixtures/cassettes/app.jsonl`, or a folder",
        )
    })?;
    let provider = args.provider.as_deref().map(SafeName::parse).transpose().map_err(|error| {
        UsageError::of(
            "unknown-provider",
            format!("--provider: {error}"),
            "write what stands before the slash of `provider/model`",
        )
    })?;
    Ok(Recorder::new(folder.unwrap_or(full), &session.root, suite, url, provider))
}

/// What is printed first: where it listens.
fn told(format: Format, address: SocketAddr) -> String {
    let url = format!("http://{address}");
    match format {
        Format::Json => {
            let told = json!({"schema_version": SCHEMA_VERSION, "url": url, "port": address.port(), "base_urls": {
                "openai": format!("{url}/v1"), "anthropic": url, "gemini": url}});
            format!("{told}\n")
        }
        _ => format!("{url}\n"),
    }
}

fn about(options: &ServerOptions) -> String {
    match &options.answers {
        Answers::Recorded { library, script } => {
            let (replies, vectors) = library.len();
            let rules = if script.is_some() { ", after rules" } else { "" };
            format!("serving {replies} recorded replies and {vectors} vectors{rules}; Ctrl-C ends it")
        }
        Answers::Proxied(upstream) => {
            let kept = if upstream.recorder.is_some() { "and recording the replies" } else { "without recording" };
            format!("passing requests on to {} {kept}; Ctrl-C ends it", upstream.url)
        }
    }
}

fn counted(tally: &Tally) -> String {
    let parts = [
        (tally.exact, "by the very request"),
        (tally.messages, "by its messages"),
        (tally.rules, "by rules"),
        (tally.proxied, "passed on"),
        (tally.recorded, "recorded"),
        (tally.faults, "failed on purpose"),
        (tally.unknown, "not known"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let all = tally.requests;
    let noun = if all == 1 { "request" } else { "requests" };
    if parts.is_empty() { format!("{all} {noun}") } else { format!("{all} {noun}: {}", parts.join(", ")) }
}
