//! Recorded replies of several cassettes, found by what an application asks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::cassette::{Entry, asked_of, read};
use super::conversation::conversation_digest;
use super::vector_shelf::read_vectors;
use crate::base::{Diagnostic, Digest, Millis, ModelRef, Problems, SafeName};
use crate::record::{ChatReply, ChatRequest, EmbeddingCall, OutputFormat, Params};

/// How a recorded reply was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The request is the recorded one.
    Exact,
    /// Model and messages are the recorded ones, parameters or tools differ.
    Messages,
}

impl Match {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Match::Exact => "exact",
            Match::Messages => "messages",
        }
    }
}

/// A recorded reply that answers a request.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// `suite/case` it was recorded for.
    pub case: String,
    /// The reply.
    pub reply: ChatReply,
    /// Latency of the original call.
    pub latency_ms: Millis,
    /// How it was found.
    pub matched: Match,
}

/// The replies and vectors of some cassettes.
#[derive(Debug, Default)]
pub struct Library {
    entries: Vec<Entry>,
    providers: BTreeSet<SafeName>,
    by_digest: HashMap<Digest, Vec<usize>>,
    by_messages: HashMap<(String, Digest), Vec<usize>>,
    vectors: HashMap<(String, Digest), Vec<f32>>,
    vector_models: BTreeSet<ModelRef>,
    /// How often each recording was asked for: repeats are played in turn.
    turns: Mutex<HashMap<Digest, usize>>,
}

impl Library {
    /// Reads cassettes: files, or folders with all `*.jsonl` in them. What is wrong goes to `problems`.
    pub fn open(paths: &[PathBuf], root: &Path, problems: &mut Problems) -> Library {
        let mut library = Library::default();
        for path in paths {
            let shown = path.strip_prefix(root).unwrap_or(path);
            if path.is_dir() {
                for file in tapes(path) {
                    library.add_file(&file, root, problems);
                }
            } else if path.is_file() {
                library.add_file(path, root, problems);
            } else {
                problems.push(
                    Diagnostic::error("file-not-found", format!("there is no cassette `{}`", shown.display()))
                        .help("name a cassette or a folder of them; `karat eval --record` writes them"),
                );
            }
        }
        library
    }

    fn add_file(&mut self, path: &Path, root: &Path, problems: &mut Problems) {
        let shown = path.strip_prefix(root).unwrap_or(path);
        if path.parent().is_some_and(|folder| folder.ends_with("embeddings")) {
            match read_vectors(path, shown) {
                Ok(vectors) => {
                    for (model, text, vector) in vectors {
                        self.vectors.insert((model.model.clone(), text), vector);
                        self.vector_models.insert(model);
                    }
                }
                Err(why) => problems.push(Diagnostic::error("corrupt-cassette", why)),
            }
            return;
        }
        let (entries, found) = read(path, shown);
        problems.absorb(found);
        entries.into_iter().for_each(|entry| self.add(entry));
    }

    fn add(&mut self, entry: Entry) {
        let at = self.entries.len();
        self.providers.insert(entry.model.provider.clone());
        self.by_digest.entry(entry.digest).or_default().push(at);
        if let Some(messages) = entry.messages {
            self.by_messages.entry((entry.model.model.clone(), messages)).or_default().push(at);
        }
        self.entries.push(entry);
    }

    /// Number of recorded replies and of vectors.
    pub fn len(&self) -> (usize, usize) {
        (self.entries.len(), self.vectors.len())
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.vectors.is_empty()
    }

    /// The models of all recordings, by name.
    pub fn models(&self) -> BTreeSet<&ModelRef> {
        self.entries.iter().map(|entry| &entry.model).chain(&self.vector_models).collect()
    }

    /// The reply to a request: that of the very request, else of one with the same model and messages.
    pub fn find(&self, request: &ChatRequest) -> Option<Recorded> {
        if let Some(found) = self.by_digest(request) {
            return Some(self.play(found, Match::Exact));
        }
        let messages = conversation_digest(&request.messages);
        if let Some(found) = self.by_messages.get(&(request.model.clone(), messages)) {
            return Some(self.play(found, Match::Messages));
        }
        // Older recordings have no digest of their messages: those without parameters are found all the same.
        let bare = ChatRequest {
            params: Params::default(),
            output: OutputFormat::Text,
            tools: Vec::new(),
            parallel_tools: None,
            prediction: None,
            ..request.clone()
        };
        let unlimited =
            ChatRequest { params: Params { max_tokens: None, ..request.params.clone() }, ..request.clone() };
        let found = [unlimited, bare].iter().find_map(|variant| self.by_digest(variant))?;
        Some(self.play(found, Match::Messages))
    }

    fn by_digest(&self, request: &ChatRequest) -> Option<&Vec<usize>> {
        self.providers.iter().find_map(|provider| self.by_digest.get(&request.digest(provider.as_str())))
    }

    /// The next repeat of a recording. Of several recordings the first one counts: cassettes are sorted by case.
    fn play(&self, found: &[usize], matched: Match) -> Recorded {
        let entry = |at: &usize| self.entries.get(*at);
        let first = found.iter().find_map(entry);
        let same =
            |entry: &&Entry| first.is_some_and(|first| (first.digest, &first.case) == (entry.digest, &entry.case));
        let repeats: BTreeMap<u32, &Entry> =
            found.iter().filter_map(entry).filter(same).map(|entry| (entry.repeat, entry)).collect();
        let digest = first.map_or_else(|| Digest::of_bytes(b""), |entry| entry.digest);
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = turns.entry(digest).or_default();
            *turn += 1;
            *turn - 1
        };
        let chosen = repeats.values().nth(turn.checked_rem(repeats.len()).unwrap_or(0)).copied();
        match chosen {
            Some(entry) => {
                Recorded { case: entry.case.clone(), reply: entry.reply.clone(), latency_ms: entry.latency_ms, matched }
            }
            None => Recorded { case: String::new(), reply: ChatReply::of_text(""), latency_ms: Millis(0), matched },
        }
    }

    /// What is recorded that comes nearest to a request, and in what it differs; for messages.
    pub fn nearest(&self, request: &ChatRequest) -> Option<String> {
        let asked = asked_of(request).unwrap_or_default();
        let likeness = |entry: &Entry| {
            let text = strsim::sorensen_dice(entry.asked.as_deref().unwrap_or_default(), &asked);
            // Among the same words, those to the same model come first.
            text + if entry.model.model == request.model { 0.1 } else { 0.0 }
        };
        let nearest = self.entries.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        let was = nearest.asked.as_deref().unwrap_or_default();
        let mut differences = Vec::new();
        if nearest.model.model != request.model {
            differences.push(format!("its model is `{}`, not `{}`", nearest.model.model, request.model));
        }
        if was != asked {
            differences.push(format!("its last user message begins `{}`", from_difference(was, &asked)));
        } else if nearest.messages.is_some_and(|messages| messages != conversation_digest(&request.messages)) {
            differences.push("other messages before or after that text differ".to_owned());
        } else if nearest.model.model == request.model {
            differences.push("parameters, or messages beside the last one, differ".to_owned());
        }
        Some(format!("the nearest is `{}` of `{}`: {}", nearest.case, nearest.model, differences.join("; ")))
    }

    /// The recorded vectors of some texts.
    ///
    /// # Errors
    /// The first text that has none.
    pub fn vectors(&self, model: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let vector = |text: &String| {
            let key = (model.to_owned(), EmbeddingCall::text_digest(text));
            self.vectors.get(&key).cloned().ok_or_else(|| text.clone())
        };
        texts.iter().map(vector).collect()
    }
}

/// The beginning of a text, as far as it takes to see where it differs from another.
fn from_difference(text: &str, other: &str) -> String {
    const SHOWN: usize = 60;
    let common = text.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let start = common.saturating_sub(20);
    let mark = if start > 0 { "…" } else { "" };
    let shown: String = text.chars().skip(start).take(SHOWN).collect();
    let more = if text.chars().count() > start + SHOWN { "…" } else { "" };
    format!("{mark}{shown}{more}")
}

/// The cassettes of a folder, vectors included, in the order of their names.
fn tapes(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl")).collect::<Vec<_>>()
    };
    let mut found = list(folder);
    found.extend(list(&folder.join("embeddings")));
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::super::cassette::{Kept, Shelf};
    use super::*;
    use crate::base::Redactor;
    use crate::record::{Message, Role, ToolChoice};

    fn request(model: &str, text: &str, max_tokens: Option<u32>) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::System, "be brief"), Message::text(Role::User, text)],
            model: model.to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params { max_tokens, ..Params::default() },
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: Vec::new(),
        }
    }

    fn library(kept: &[(&str, &ChatRequest, u32, &str)]) -> Library {
        let folder = tempfile::tempdir().expect("temp");
        let shelf = Shelf::new(folder.path().to_path_buf(), folder.path().to_path_buf());
        for (label, request, repeat, text) in kept {
            let model = ModelRef::parse(&format!("gateway/{}", request.model)).expect("model");
            let reply = ChatReply::of_text(*text);
            let digest = request.digest("gateway");
            let (latency_ms, repeat) = (Millis(1), *repeat);
            shelf.record(&Kept {
                digest,
                label,
                model: &model,
                repeat,
                request,
                reply: &reply,
                latency_ms,
                cost: None,
            });
        }
        shelf.finish(&Redactor::default()).expect("written");
        let mut problems = Problems::new();
        let library = Library::open(&[folder.path().to_path_buf()], folder.path(), &mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        library
    }

    #[test]
    fn the_very_request_comes_before_one_of_the_same_messages_and_repeats_come_in_turn() {
        let (short, long) = (request("m", "hello", Some(5)), request("m", "hello", Some(9)));
        let library = library(&[("a/1", &short, 0, "one"), ("a/1", &short, 1, "two"), ("b/1", &long, 0, "long")]);
        let said = |request: &ChatRequest| {
            let found = library.find(request)?;
            Some((found.reply.text, found.matched))
        };
        let is = |text: &str, matched| Some((text.to_owned(), matched));
        assert_eq!(said(&short), is("one", Match::Exact));
        assert_eq!(said(&short), is("two", Match::Exact));
        assert_eq!(said(&short), is("one", Match::Exact));
        assert_eq!(said(&long), is("long", Match::Exact));
        // The first in the order of the cassettes, its next repeat.
        assert_eq!(said(&request("m", "hello", None)), is("two", Match::Messages));
        assert_eq!((said(&request("n", "hello", Some(5))), said(&request("m", "bye", Some(5)))), (None, None));
    }

    #[test]
    fn recordings_without_a_digest_of_their_messages_are_found_by_fewer_parameters() {
        let bare = request("m", "hello", None);
        let mut library = library(&[("a/1", &bare, 0, "one")]);
        library.by_messages.clear();
        let found = library.find(&request("m", "hello", Some(7))).map(|found| found.matched);
        assert_eq!(found, Some(Match::Messages));
    }

    #[test]
    fn the_nearest_tells_what_differs() {
        let library = library(&[
            ("a/1", &request("m", "what is the capital of France?", None), 0, "Paris"),
            ("a/2", &request("m", "write a poem", None), 0, "Roses"),
        ]);
        let near = |model: &str, text: &str| library.nearest(&request(model, text, None)).expect("nearest");
        let other = near("m", "what is the capital of Spain?");
        assert!(other.contains("`a/1`") && other.contains("he capital of France?`"), "{other}");
        assert!(near("n", "write a poem").contains("its model is `m`, not `n`"));
        let mut longer = request("m", "write a poem", None);
        longer.messages.remove(0);
        assert!(library.nearest(&longer).expect("nearest").contains("other messages"));
        assert_eq!(Library::default().nearest(&longer), None);
    }

    #[test]
    fn a_cassette_that_is_not_there_is_told() {
        let mut problems = Problems::new();
        Library::open(&[PathBuf::from("/nowhere/x.jsonl")], Path::new("/nowhere"), &mut problems);
        assert!(problems.render(false).contains("there is no cassette `x.jsonl`"));
    }
}
