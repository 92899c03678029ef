//! What a suite must reach: typed bounds, parsed from texts such as `">= 0.9"`, `"< 5s"`, `"< $0.05"`.

use serde_json::{Map, Value};

use crate::base::{Fields, Millis, Node, Place, Problems, Ratio, Source, Usd, parse_duration};
use crate::record::{CorpusMeasure, Direction};

/// How a bound compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Op {
    /// Sign and operator, in one table; longer signs first, so that a prefix search finds them.
    pub const ALL: &[(&str, Op)] = &[("<=", Op::AtMost), (">=", Op::AtLeast), ("<", Op::Less), (">", Op::Greater)];

    /// Its sign.
    pub fn sign(self) -> &'static str {
        Op::ALL.iter().find(|(_, op)| *op == self).map_or("", |(sign, _)| sign)
    }

    /// Whether `left op right` holds. Values that cannot be compared never hold.
    pub fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Op::Less => left < right,
            Op::AtMost => left <= right,
            Op::Greater => left > right,
            Op::AtLeast => left >= right,
        }
    }
}

/// One bound of a goal, such as `>= 0.9`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound<T> {
    /// How it compares; the measured value stands on the left.
    pub op: Op,
    /// What is compared with.
    pub value: T,
    /// As the user wrote it.
    pub written: String,
    /// Where it stands.
    pub place: Place,
}

impl<T: PartialOrd> Bound<T> {
    /// Whether `measured` is within the bound.
    pub fn holds(&self, measured: &T) -> bool {
        self.op.holds(measured, &self.value)
    }
}

/// What a suite must reach. Absent bounds ask for nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Goal {
    /// Share of graded trials that pass, 0..=1: `">= 0.9"`.
    pub pass_rate: Option<Bound<Ratio>>,
    /// Share of graded attacks that are warded off, 0..=1: `">= 0.95"`. Only `--adversarial` runs are held to it.
    pub defence_rate: Option<Bound<Ratio>>,
    /// Weighted mean of the trial scores, 0..=1: `">= 0.8"`.
    pub mean_score: Option<Bound<Ratio>>,
    /// Median latency: `"< 2s"`.
    pub p50_latency: Option<Bound<Millis>>,
    /// 95th percentile of latency: `"< 5s"`.
    pub p95_latency: Option<Bound<Millis>>,
    /// Mean cost of a call: `"< $0.05"`.
    pub cost_per_call: Option<Bound<Usd>>,
    /// Cost of the whole suite: `"< $2"`.
    pub total_cost: Option<Bound<Usd>>,
    /// Bounds on the labels of a suite with `classification`, by name.
    pub labels: Vec<(&'static str, Bound<Ratio>)>,
    /// Bounds on figures over all replies together: `corpus_bleu: ">= 0.3"`, `corpus_wer: "< 0.1"`.
    pub corpus: Vec<(CorpusMeasure, Bound<Ratio>)>,
}

/// Figures of labels that a goal may bound, and whether more is better: `accuracy: ">= 0.9"`, `brier: "< 0.1"`.
const ON_LABELS: &[(&str, bool)] = &[
    ("accuracy", true),
    ("macro_f1", true),
    ("micro_f1", true),
    ("weighted_f1", true),
    ("kappa", true),
    ("mcc", true),
    ("brier", false),
    ("ece", false),
];

impl Goal {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Goal::default()
    }

    /// The bounds as written, by name: for the stored run and the suite's digest.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |name: &str, written: Option<String>| {
            if let Some(written) = written {
                map.insert(name.to_owned(), Value::String(written));
            }
        };
        put("pass_rate", self.pass_rate.as_ref().map(|bound| bound.written.clone()));
        put("defence_rate", self.defence_rate.as_ref().map(|bound| bound.written.clone()));
        put("mean_score", self.mean_score.as_ref().map(|bound| bound.written.clone()));
        put("p50_latency", self.p50_latency.as_ref().map(|bound| bound.written.clone()));
        put("p95_latency", self.p95_latency.as_ref().map(|bound| bound.written.clone()));
        put("cost_per_call", self.cost_per_call.as_ref().map(|bound| bound.written.clone()));
        put("total_cost", self.total_cost.as_ref().map(|bound| bound.written.clone()));
        self.labels.iter().for_each(|(name, bound)| put(name, Some(bound.written.clone())));
        self.corpus.iter().for_each(|(measure, bound)| put(measure.goal(), Some(bound.written.clone())));
        Value::Object(map)
    }

    /// Whether the bound of this name is held against a run: what is asked of answers is not asked of answers to attacks,
    /// and the other way round. Time and money count in both.
    pub fn holds_for(name: &str, attacked: bool) -> bool {
        match name {
            "defence_rate" => attacked,
            "pass_rate" | "mean_score" => !attacked,
            other if CorpusMeasure::of_goal(other).is_some() => !attacked,
            other => !attacked || ON_LABELS.iter().all(|(label, _)| *label != other),
        }
    }

    /// The bounds on labels, by name.
    pub(super) fn on_labels(&self) -> &[(&'static str, Bound<Ratio>)] {
        &self.labels
    }

    /// Reads a `goal:` mapping; everything wrong with it goes to `problems`.
    pub(super) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Goal {
        let Some(mut fields) = Fields::of(node, "goal", source, problems) else { return Goal::default() };
        let goal = Goal {
            pass_rate: read_bound(&mut fields, "pass_rate", &SHARE, problems),
            defence_rate: read_bound(&mut fields, "defence_rate", &SHARE, problems),
            mean_score: read_bound(&mut fields, "mean_score", &SHARE, problems),
            p50_latency: read_bound(&mut fields, "p50_latency", &LATENCY, problems),
            p95_latency: read_bound(&mut fields, "p95_latency", &LATENCY, problems),
            cost_per_call: read_bound(&mut fields, "cost_per_call", &COST, problems),
            total_cost: read_bound(&mut fields, "total_cost", &COST, problems),
            labels: ON_LABELS
                .iter()
                .filter_map(|(name, rises)| {
                    let measure = if *rises { &SHARE } else { &MISS };
                    Some((*name, read_bound(&mut fields, name, measure, problems)?))
                })
                .collect(),
            corpus: CorpusMeasure::ALL
                .iter()
                .filter_map(|(figure, _, name, _)| {
                    let measure = if figure.direction() == Direction::Higher { &SHARE } else { &MISS };
                    Some((*figure, read_bound(&mut fields, name, measure, problems)?))
                })
                .collect(),
        };
        fields.finish(problems);
        goal
    }
}

/// How one kind of measure is written: which way is better, and its unit.
struct Measure<T> {
    /// Whether more is better.
    rises: bool,
    /// A right example.
    example: &'static str,
    parse: fn(&str) -> Result<T, String>,
    /// Why a bound says nothing or can never hold.
    nonsense: fn(Op, &T) -> Option<&'static str>,
}

const SHARE: Measure<Ratio> = Measure { rises: true, example: ">= 0.9", parse: parse_share, nonsense: senseless_share };
const MISS: Measure<Ratio> = Measure {
    rises: false,
    example: "< 0.1",
    parse: parse_share,
    nonsense: |op, value| (op == Op::Less && *value <= Ratio::ZERO).then_some("no error is below zero"),
};
const LATENCY: Measure<Millis> = Measure {
    rises: false,
    example: "< 5s",
    parse: |text| parse_duration(text).map(Millis::of),
    nonsense: |_, value| (value.0 == 0).then_some("no reply takes zero time"),
};
const COST: Measure<Usd> = Measure {
    rises: false,
    example: "< $0.05",
    parse: parse_money,
    nonsense: |op, value| (op == Op::Less && *value == Usd::ZERO).then_some("no cost is below zero"),
};

fn senseless_share(op: Op, value: &Ratio) -> Option<&'static str> {
    match op {
        Op::Greater if *value >= Ratio::ONE => Some("no share is above 1"),
        Op::AtLeast if *value <= Ratio::ZERO => Some("every share is at least 0: this bound asks for nothing"),
        Op::Greater | Op::AtLeast | Op::Less | Op::AtMost => None,
    }
}

fn parse_share(text: &str) -> Result<Ratio, String> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let value: f64 =
        number.parse().map_err(|_| format!("`{text}` is not a share; write a number from 0 to 1, such as `0.9`"))?;
    Ratio::new(value / scale).map_err(|_| format!("`{text}` is not a share from 0 to 1"))
}

fn parse_money(text: &str) -> Result<Usd, String> {
    let usd = Usd::parse(text).map_err(|error| error.to_string())?;
    if usd < Usd::ZERO { Err(format!("`{text}` is negative")) } else { Ok(usd) }
}

fn read_bound<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    measure: &Measure<T>,
    problems: &mut Problems,
) -> Option<Bound<T>> {
    let node = fields.node(name)?;
    let place = fields.source().place(node.span);
    let Some(written) = node.as_text() else {
        let message =
            format!("`{name}` must be a bound as text, such as `\"{}\"`, this is {}", measure.example, node.describe());
        fields.invalid(name, message, problems);
        return None;
    };
    match parse_bound(written, name, measure) {
        Ok((op, value)) => Some(Bound { op, value, written: written.trim().to_owned(), place }),
        Err(message) => {
            fields.invalid(name, message, problems);
            None
        }
    }
}

fn parse_bound<T>(written: &str, name: &str, measure: &Measure<T>) -> Result<(Op, T), String> {
    let text = written.trim();
    let example = measure.example;
    let found = Op::ALL.iter().find_map(|(sign, op)| text.strip_prefix(sign).map(|rest| (*op, rest.trim())));
    let Some((op, rest)) = found else {
        return Err(format!("`{text}` has no comparison; write `<`, `<=`, `>` or `>=` first, such as `{example}`"));
    };
    let rises = matches!(op, Op::Greater | Op::AtLeast);
    if rises != measure.rises {
        let better = if measure.rises { "higher" } else { "lower" };
        return Err(format!(
            "`{name}` is better the {better} it is, so `{}` asks for worse; write `{example}`",
            op.sign()
        ));
    }
    let value = (measure.parse)(rest)?;
    match (measure.nonsense)(op, &value) {
        Some(why) => Err(format!("`{text}` makes no goal: {why}")),
        None => Ok((op, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn read(text: &str) -> (Goal, Problems) {
        let source = Source::new("s.yaml", text);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let goal = Goal::read(&node, &source, &mut problems);
        (goal, problems)
    }

    #[test]
    fn every_bound_becomes_its_unit() {
        let text = "pass_rate: \">= 0.9\"\nmean_score: '> 80%'\np50_latency: \"<2s\"\np95_latency: \"<= 1.5s\"\ncost_per_call: \"< $0.05\"\ntotal_cost: \"<= 2\"\n";
        let (goal, problems) = read(text);
        assert!(problems.is_empty(), "{}", problems.render(false));
        let share = goal.pass_rate.as_ref().expect("pass rate");
        assert_eq!((share.op, share.value.get(), share.written.as_str()), (Op::AtLeast, 0.9, ">= 0.9"));
        assert_eq!(share.place.pointer(), "s.yaml:1:12");
        assert_eq!(goal.mean_score.map(|b| (b.op, b.value.get())), Some((Op::Greater, 0.8)));
        assert_eq!(goal.p50_latency.map(|b| (b.op, b.value)), Some((Op::Less, Millis(2000))));
        assert_eq!(goal.p95_latency.map(|b| (b.op, b.value)), Some((Op::AtMost, Millis(1500))));
        assert_eq!(goal.cost_per_call.map(|b| b.value.exact()), Some("0.05".to_owned()));
        assert_eq!(goal.total_cost.map(|b| b.value.exact()), Some("2".to_owned()));
    }

    #[test]
    fn nonsense_is_refused_with_the_reason() {
        let table = [
            ("pass_rate: \"<= 0.9\"", "better the higher"),
            ("pass_rate: \">= 1.2\"", "not a share from 0 to 1"),
            ("pass_rate: \"> 1\"", "no share is above 1"),
            ("pass_rate: \">= 0\"", "asks for nothing"),
            ("pass_rate: \">= NaN\"", "not a share"),
            ("pass_rate: \">= 5s\"", "not a share"),
            ("pass_rate: 0.9", "must be a bound as text"),
            ("pass_rate: \"0.9\"", "has no comparison"),
            ("p95_latency: \"< 5\"", "not a duration"),
            ("p95_latency: \"< $5\"", "not a duration"),
            ("p95_latency: \"> 5s\"", "better the lower"),
            ("p50_latency: \"<= 0ms\"", "no reply takes zero time"),
            ("cost_per_call: \"< 5s\"", "not an amount"),
            ("cost_per_call: \"< -1\"", "negative"),
            ("total_cost: \"< $0\"", "below zero"),
            ("pas_rate: \">= 0.9\"", "did you mean `pass_rate`?"),
            ("[1]", "a goal must be a mapping"),
        ];
        for (text, wanted) in table {
            let (goal, problems) = read(text);
            let shown = problems.render(false);
            assert!(problems.error_count() == 1 && shown.contains(wanted), "{text}: {wanted} not in\n{shown}");
            assert!(goal.is_empty(), "{text}");
        }
    }

    #[test]
    fn free_models_may_be_asked_for() {
        let (goal, problems) = read("total_cost: \"<= $0\"");
        assert!(problems.is_empty());
        assert!(goal.total_cost.is_some_and(|bound| bound.holds(&Usd::ZERO) && !bound.holds(&Usd::from_picos(1))));
    }

    #[test]
    fn operators_compare_as_written() {
        let table = [
            (Op::Less, [true, false, false]),
            (Op::AtMost, [true, true, false]),
            (Op::Greater, [false, false, true]),
            (Op::AtLeast, [false, true, true]),
        ];
        for (op, wanted) in table {
            assert_eq!([1, 2, 3].map(|left| op.holds(&left, &2)), wanted, "{}", op.sign());
        }
        assert!(!Op::AtLeast.holds(&f64::NAN, &0.0));
    }

    #[test]
    fn json_holds_the_bounds_as_written() {
        let (goal, _) = read("pass_rate: \" >= 0.9 \"");
        assert_eq!(goal.to_json(), serde_json::json!({"pass_rate": ">= 0.9"}));
    }
}
