//! The graph of `dag`, as it is written and as it is walked.

use serde_json::{Map, Value};

use super::super::settings::{Fault, kind_of};

/// Most questions of one graph.
const MOST: usize = 50;

/// Where an answer leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    /// To the end, with this score.
    Score(f64),
    /// To the node at this place.
    Node(usize),
}

/// One question, with where each of its answers leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) ask: String,
    pub(super) edges: Vec<(String, Next)>,
}

/// Questions without circles; the first one begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
}

impl Graph {
    /// Reads the value of `option`; all faults of its nodes at once, then those of the graph as a whole.
    pub(super) fn read(option: &'static str, value: &Value) -> Result<Graph, Vec<Fault>> {
        let Value::Array(items) = value else {
            let message = format!("`{option}` must be a list of nodes, this is {}", kind_of(value));
            return Err(Fault::new(option, message).code("wrong-type").alone());
        };
        if items.is_empty() || items.len() > MOST {
            let message =
                if items.is_empty() { "a graph without a node".to_owned() } else { format!("more than {MOST} nodes") };
            return Err(Fault::new(option, message).alone());
        }
        let ids: Vec<Option<&str>> = items.iter().map(|item| item.get("id").and_then(Value::as_str)).collect();
        let mut faults = Vec::new();
        let mut nodes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match node(item, &ids, index) {
                Ok(node) => nodes.push(node),
                Err(wrong) => {
                    let pointer = format!("/{index}{}", wrong.pointer);
                    faults.push(Fault::new(option, wrong.message).pointer(pointer));
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let graph = Graph { nodes };
        graph.whole(option)?;
        Ok(graph)
    }

    /// Questions of the longest walk.
    pub(super) fn longest(&self) -> u32 {
        u32::try_from(self.depths().first().copied().unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// The longest walk from each node. Sound only without circles; then no walk is longer than there are nodes.
    fn depths(&self) -> Vec<usize> {
        let mut depths = vec![1_usize; self.nodes.len()];
        for _ in 0..self.nodes.len() {
            for (index, node) in self.nodes.iter().enumerate() {
                let below = self.after(node).filter_map(|next| depths.get(next).copied()).max().unwrap_or(0);
                if let Some(depth) = depths.get_mut(index) {
                    *depth = below + 1;
                }
            }
        }
        depths
    }

    fn after<'a>(&self, node: &'a Node) -> impl Iterator<Item = usize> + use<'a> {
        node.edges.iter().filter_map(|(_, next)| if let Next::Node(index) = next { Some(*index) } else { None })
    }

    /// Whether a walk can come from `from` to `to`.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for next in self.nodes.get(at).into_iter().flat_map(|node| self.after(node)) {
                if next == to {
                    return true;
                }
                if let Some(known) = seen.get_mut(next).filter(|known| !**known) {
                    *known = true;
                    open.push(next);
                }
            }
        }
        false
    }

    fn whole(&self, option: &'static str) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let mut wrong = |message: String| faults.push(Fault::new(option, message).pointer(format!("/{index}")));
            if self.reaches(index, index) {
                wrong(format!("`{}` leads back to itself: a walk must end", node.id));
            } else if index > 0 && !self.reaches(0, index) {
                wrong(format!("nothing leads to `{}`", node.id));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// What is wrong with a node, and where in it.
struct Wrong {
    pointer: String,
    message: String,
}

fn wrong(pointer: impl Into<String>, message: impl Into<String>) -> Wrong {
    Wrong { pointer: pointer.into(), message: message.into() }
}

fn node(item: &Value, ids: &[Option<&str>], index: usize) -> Result<Node, Wrong> {
    let Value::Object(entry) = item else {
        return Err(wrong("", format!("a node is a mapping, this is {}", kind_of(item))));
    };
    if let Some(key) = entry.keys().find(|key| !matches!(key.as_str(), "id" | "ask" | "yes" | "no" | "choices")) {
        return Err(wrong(
            format!("/{key}"),
            format!("`{key}` is not a key of a node: they are id, ask, yes, no and choices"),
        ));
    }
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let id = text("id").ok_or_else(|| wrong("", "the node has no `id`"))?;
    if ids.iter().take(index).any(|other| *other == Some(id)) {
        return Err(wrong("/id", format!("`{id}` is the id of two nodes")));
    }
    let ask = text("ask").ok_or_else(|| wrong("", format!("`{id}` has no `ask`")))?;
    let edges = edges(entry, id, ids)?;
    Ok(Node { id: id.to_owned(), ask: ask.to_owned(), edges })
}

fn edges(entry: &Map<String, Value>, id: &str, ids: &[Option<&str>]) -> Result<Vec<(String, Next)>, Wrong> {
    let written: Vec<(&str, &Value, String)> = match (entry.get("choices"), entry.get("yes"), entry.get("no")) {
        (None, Some(yes), Some(no)) => vec![("yes", yes, "/yes".to_owned()), ("no", no, "/no".to_owned())],
        (Some(Value::Object(choices)), None, None) => {
            choices.iter().map(|(word, next)| (word.as_str(), next, format!("/choices/{word}"))).collect()
        }
        (None, Some(_), None) => return Err(wrong("", format!("`{id}` has `yes` without `no`"))),
        (None, None, Some(_)) => return Err(wrong("", format!("`{id}` has `no` without `yes`"))),
        _ => return Err(wrong("", format!("`{id}` needs either `yes` and `no`, or a mapping `choices`"))),
    };
    if written.len() < 2 {
        return Err(wrong("/choices", format!("`{id}` needs at least two choices")));
    }
    let mut edges: Vec<(String, Next)> = Vec::with_capacity(written.len());
    for (word, next, pointer) in written {
        if word.trim().is_empty() || word.trim() != word {
            return Err(wrong(pointer, format!("`{word}` cannot be an answer: it is empty or has spaces round it")));
        }
        if edges.iter().any(|(known, _)| known.to_lowercase() == word.to_lowercase()) {
            return Err(wrong(pointer, format!("two answers of `{id}` differ only in case")));
        }
        edges.push((word.to_owned(), leads_to(next, ids).map_err(|message| wrong(pointer, message))?));
    }
    Ok(edges)
}

fn leads_to(value: &Value, ids: &[Option<&str>]) -> Result<Next, String> {
    match value {
        Value::Number(number) => {
            let score = number.as_f64().filter(|score| (0.0..=1.0).contains(score));
            score.map(Next::Score).ok_or_else(|| format!("a score must be from 0 to 1, this is {number}"))
        }
        Value::String(id) => {
            let found = ids.iter().position(|known| known.map(str::trim) == Some(id.trim()));
            found.map(Next::Node).ok_or_else(|| format!("`{id}` is not the id of a node"))
        }
        other => Err(format!("an answer leads to a score or to the id of a node, this is {}", kind_of(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_longest_walk_is_counted_over_all_ways() {
        let graph = Graph::read(
            "nodes",
            &json!([
                {"id": "a", "ask": "?", "yes": "b", "no": "c"},
                {"id": "b", "ask": "?", "yes": "c", "no": 0},
                {"id": "c", "ask": "?", "choices": {"x": "d", "y": 1, "z": 0.5}},
                {"id": "d", "ask": "?", "yes": 1, "no": 0},
            ]),
        );
        assert_eq!(graph.expect("sound").longest(), 4);
        let one = Graph::read("nodes", &json!([{"id": "a", "ask": "?", "yes": 1, "no": 0}]));
        assert_eq!(one.expect("sound").longest(), 1);
    }
}
