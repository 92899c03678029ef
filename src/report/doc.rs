//! A result as a document: blocks that say what to show, not how.

use crate::record::{Outcome, VerdictWord};

/// What a piece of text means to the reader. Colour follows from it, and so does quoting in Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// A name that should be found at a glance.
    Strong,
    /// Something holds.
    Pass,
    /// Something does not hold.
    Fail,
    /// We could not tell.
    Unsure,
    /// Of less weight.
    Dim,
    /// A command to copy; never wrapped or cut.
    Command,
    /// Text of a model; cut to the line in tables.
    Quote,
}

impl Tone {
    /// The tone of a verdict.
    pub fn of_verdict(word: VerdictWord) -> Tone {
        match word {
            VerdictWord::Pass => Tone::Pass,
            VerdictWord::Fail => Tone::Fail,
            VerdictWord::Undecided => Tone::Unsure,
        }
    }

    /// The tone of an outcome.
    pub fn of_outcome(outcome: Outcome) -> Tone {
        match outcome {
            Outcome::Pass => Tone::Pass,
            Outcome::Fail => Tone::Fail,
            Outcome::Error | Outcome::Ungraded => Tone::Unsure,
            Outcome::Skipped => Tone::Dim,
        }
    }
}

/// Text in one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text, as it is: renderers clean and escape it.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// Length in characters of what it is the beginning of; `None` when it is whole.
    pub whole_chars: Option<u64>,
}

/// A line of spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line::default()
    }

    /// A line of one tone.
    pub fn of(text: impl Into<String>, tone: Tone) -> Line {
        Line::new().then(text, tone)
    }

    /// The text of a model, of which `text` is the beginning and `whole_chars` the length.
    pub fn quote(text: impl Into<String>, whole_chars: u64) -> Line {
        Line(vec![Span { text: text.into(), tone: Tone::Quote, whole_chars: Some(whole_chars) }])
    }

    /// This line with more text.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>, tone: Tone) -> Line {
        self.0.push(Span { text: text.into(), tone, whole_chars: None });
        self
    }

    /// This line with more plain text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Line {
        self.then(text, Tone::Plain)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Line {
        Line::of(text, Tone::Plain)
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line::of(text, Tone::Plain)
    }
}

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Where its text stands.
    pub align: Align,
    /// Whether its text may be wrapped where a table is too wide.
    pub wraps: bool,
    /// Its heading where a table is too wide: of `0.83 (0.72–0.90)` the cells then keep what stands before the bracket.
    pub brief: Option<String>,
}

impl Column {
    /// A column of sentences, which may be wrapped.
    pub fn words(title: &str) -> Column {
        Column { title: title.to_owned(), align: Align::Left, wraps: true, brief: None }
    }

    /// A column of names, which stay whole.
    pub fn names(title: &str) -> Column {
        Column { title: title.to_owned(), align: Align::Left, wraps: false, brief: None }
    }

    /// The column, with a heading for where a table is too wide: its cells then lose what they have in brackets.
    #[must_use]
    pub fn or_briefly(mut self, title: &str) -> Column {
        self.brief = Some(title.to_owned());
        self
    }

    /// A column of numbers.
    pub fn numbers(title: &str) -> Column {
        Column { title: title.to_owned(), align: Align::Right, wraps: false, brief: None }
    }
}

/// Rows under columns; every row has one cell per column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Line>>,
}

impl Table {
    /// The table with the brief form of the columns that have one.
    #[must_use]
    pub fn briefly(&self) -> Table {
        let mut table = self.clone();
        for (index, column) in table.columns.iter_mut().enumerate() {
            let Some(title) = column.brief.take() else { continue };
            column.title = title;
            for span in table.rows.iter_mut().filter_map(|row| row.get_mut(index)).flat_map(|cell| &mut cell.0) {
                if let Some((before, _)) = span.text.split_once(" (") {
                    span.text = before.to_owned();
                }
            }
        }
        table
    }

    /// The table without the columns whose every cell equals `boring`: they would only take space.
    #[must_use]
    pub fn without_boring(mut self, title: &str, boring: &str) -> Table {
        let Some(index) = self.columns.iter().position(|column| column.title == title) else { return self };
        let is_boring = |row: &Vec<Line>| row.get(index).is_none_or(|cell| *cell == Line::from(boring));
        if self.rows.iter().all(is_boring) {
            self.columns.remove(index);
            self.rows.iter_mut().filter(|row| index < row.len()).for_each(|row| drop(row.remove(index)));
        }
        self
    }
}

/// Something with a heading line and labelled lines under it, such as a failing trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its word, such as `fail`, and the tone of it.
    pub word: Span,
    /// What it is.
    pub head: Line,
    /// Label and line.
    pub lines: Vec<(String, Line)>,
}

impl Entry {
    /// An entry without lines yet.
    pub fn new(word: &str, tone: Tone, head: Line) -> Entry {
        Entry { word: Span { text: word.to_owned(), tone, whole_chars: None }, head, lines: Vec::new() }
    }
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(Line),
    /// A line of text.
    Paragraph(Line),
    /// Rows under columns.
    Table(Table),
    /// Names with their values.
    Facts(Vec<(String, Line)>),
    /// Points.
    List(Vec<Line>),
    /// Entries, such as failing trials.
    Entries(Vec<Entry>),
    /// Lines as they are, such as a prompt.
    Code(String),
    /// Lines of a text that was edited.
    Edits(Vec<EditLine>),
}

/// What became of a piece of an edited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It stayed.
    Kept,
    /// It is gone: `[-gone-]`, or struck through in colour.
    Removed,
    /// It is new: `{+new+}`, or underlined in colour.
    Added,
}

/// A line of an edited text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditLine {
    /// Its pieces, in order.
    Text(Vec<(Edit, String)>),
    /// So many lines that stayed and are not shown.
    Skipped(usize),
}

/// A result as blocks, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doc {
    /// The blocks.
    pub blocks: Vec<Block>,
}

impl Doc {
    /// An empty document.
    pub fn new() -> Doc {
        Doc::default()
    }

    /// Adds a block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Adds a list when it has points.
    pub fn push_list(&mut self, points: Vec<Line>) {
        if !points.is_empty() {
            self.push(Block::List(points));
        }
    }
}
