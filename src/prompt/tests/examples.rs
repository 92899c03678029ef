//! Few-shot examples: what is sent, why, and what broken files say.

use super::*;

const CLASSIFY: &str = "messages:\n  - {role: system, content: \"You sort tickets of {{ shop }}.\"}\n  - {role: user, content: \"Ticket: {{ text }}{% if note %} ({{ note }}){% endif %}\"}\nvariables:\n  shop: {type: string, default: Acme}\n  text: string\n  note: {type: string, default: \"\"}\n";

const TICKETS: &str = concat!(
    "{\"id\": \"late\", \"vars\": {\"text\": \"my parcel is late, where is it\"}, \"output\": \"shipping\"}\n",
    "{\"vars\": {\"text\": \"the parcel never came\", \"note\": \"angry\"}, \"output\": {\"label\": \"shipping\", \"urgent\": true}}\n",
    "\n",
    "{\"id\": 7, \"input\": \"I want my money back\", \"output\": \"refund\"}\n",
    "{\"id\": \"login\", \"vars\": {\"text\": \"I cannot log in with my password\"}, \"output\": \"account\"}\n",
);

/// A prompt with these examples settings, over the tickets.
fn tickets(settings: &str) -> Project {
    Project::new(&[
        ("prompts/sort/1.0.0.yaml", &format!("{CLASSIFY}examples: {{from: tickets.jsonl, {settings}}}\n")),
        ("prompts/sort/tickets.jsonl", TICKETS),
    ])
}

fn rendered(prompt: &Prompt, given: Value) -> Rendered {
    prompt.render(&vars(given), &model("a/b")).expect("renders")
}

fn ids(rendered: &Rendered) -> Vec<&str> {
    rendered.examples.iter().map(|picked| picked.id.as_str()).collect()
}

fn said(rendered: &Rendered) -> Vec<(Role, String)> {
    rendered.messages.iter().map(|message| (message.role, message.joined_text())).collect()
}

#[test]
fn examples_are_messages_before_the_last_one_of_the_user() {
    let project = tickets("pick: 3");
    let prompt = project.prompt("sort");
    let one = rendered(&prompt, json!({"text": "hello", "shop": "Bolt"}));
    let wanted = [
        (Role::System, "You sort tickets of Bolt."),
        (Role::User, "Ticket: my parcel is late, where is it"),
        (Role::Assistant, "shipping"),
        (Role::User, "Ticket: the parcel never came (angry)"),
        (Role::Assistant, "{\"label\":\"shipping\",\"urgent\":true}"),
        (Role::User, "Ticket: I want my money back"),
        (Role::Assistant, "refund"),
        (Role::User, "Ticket: hello"),
    ];
    let wanted: Vec<_> = wanted.into_iter().map(|(role, text)| (role, text.to_owned())).collect();
    assert_eq!(said(&one), wanted);
    assert_eq!(ids(&one), ["late", "#2", "7"]);
    assert_eq!((one.examples[0].index, one.examples[0].score, &one.examples[0].why), (0, None, &Why::First));
    let lines: Vec<u32> = prompt.examples().iter().map(|example| example.line).collect();
    assert_eq!(lines, [1, 2, 4, 5]);
}

#[test]
fn a_template_that_names_examples_places_them_itself() {
    let project = Project::new(&[
        (
            "prompts/sort/1.0.0.yaml",
            "messages:\n  - role: system\n    content: |\n      {% for example in examples %}<q>{{ example.vars.text }}</q><a>{{ example.output }}</a>{{ example.data.label | default(value='-') }} {{ example.id }};{% endfor %}\n  - {role: user, content: \"{{ text }}\"}\nvariables: {text: string}\nexamples: {from: e.jsonl, pick: 2}\n",
        ),
        (
            "prompts/sort/e.jsonl",
            "{\"vars\": {\"text\": \"a\"}, \"output\": {\"label\": \"x\"}}\n{\"input\": \"{{ b }}\", \"output\": \"y\"}\n{\"input\": \"c\", \"output\": \"z\"}\n",
        ),
    ]);
    let one = rendered(&project.prompt("sort"), json!({"text": "t"}));
    assert_eq!(one.messages.len(), 2);
    let wanted = "<q>a</q><a>{\"label\":\"x\"}</a>x #1;<q>{{ b }}</q><a>y</a>- #2;";
    assert_eq!(one.messages[0].joined_text().trim(), wanted, "and a value is never a template");
}

#[test]
fn without_an_examples_key_the_name_is_a_variable_like_any_other() {
    let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: \"{{ examples }}\"\n")]);
    let prompt = project.prompt("p");
    assert_eq!(prompt.variables.keys().collect::<Vec<_>>(), ["examples"]);
    assert!(prompt.examples().is_empty() && rendered(&prompt, json!({"examples": "x"})).examples.is_empty());
}

#[test]
fn the_nearest_examples_come_first_by_every_measure() {
    for with in ["", ", with: bm25", ", with: tfidf"] {
        let project = tickets(&format!("pick: 2, by: similarity{with}"));
        let one = rendered(&project.prompt("sort"), json!({"text": "Where is my PARCEL? It is late!"}));
        assert_eq!(ids(&one), ["late", "#2"], "{with}");
        let word = if with.contains("tfidf") { "tfidf" } else { "bm25" };
        assert_eq!(one.examples[1].why, Why::Similarity { with: word, rank: 2 });
        let scores: Vec<f64> = one.examples.iter().filter_map(|picked| picked.score).collect();
        assert!(scores[0] > scores[1] && scores[1] > 0.0 && scores[0] <= 1.0, "{scores:?}");
        assert!(one.example_notes.is_empty());
    }
}

#[test]
fn only_the_named_variables_are_compared() {
    let given = json!({"text": "I cannot log in with my password", "note": "angry parcel"});
    let all = tickets("pick: 1, by: similarity");
    assert_eq!(ids(&rendered(&all.prompt("sort"), given.clone())), ["login"]);
    let notes = tickets("pick: 1, by: similarity, on: [note]");
    assert_eq!(ids(&rendered(&notes.prompt("sort"), given)), ["#2"]);
}

#[test]
fn diversity_prefers_an_unlike_example_to_a_twin() {
    let project = tickets("pick: 2, by: mmr, diversity: 0.9");
    let one = rendered(&project.prompt("sort"), json!({"text": "my parcel is late, the parcel never came, money"}));
    assert!(matches!(one.examples[0].why, Why::Mmr { rank: 1, redundancy: 0.0, .. }), "{:?}", one.examples);
    let Why::Mmr { rank, redundancy, value, .. } = one.examples[1].why else { panic!("{:?}", one.examples) };
    let score = one.examples[1].score.expect("score");
    assert!((value - (0.1 * score - 0.9 * redundancy)).abs() < 1e-12);
    assert!(rank > 2, "not the other parcel: {:?}", one.examples);
    let plain = tickets("pick: 2, by: mmr, diversity: 0");
    let same = tickets("pick: 2, by: similarity");
    let given = json!({"text": "my parcel is late, the parcel never came, money"});
    assert_eq!(ids(&rendered(&plain.prompt("sort"), given.clone())), ids(&rendered(&same.prompt("sort"), given)));
}

#[test]
fn too_few_above_the_threshold_fall_back_to_the_most_similar() {
    for by in ["similarity", "mmr"] {
        let project = tickets(&format!("pick: 2, by: {by}, threshold: 0.5"));
        let one = rendered(&project.prompt("sort"), json!({"text": "my parcel is late"}));
        assert_eq!(ids(&one), ["late", "#2"], "{by}");
        assert_eq!(one.examples[1].why, Why::Fallback { with: "bm25", rank: 2 });
        assert_eq!(one.example_notes, ["1 of 4 examples reach the threshold 0.5; the most similar others follow"]);
        let none = rendered(&project.prompt("sort"), json!({"text": "zebra"}));
        assert_eq!(ids(&none), ["late", "#2"], "of equals the first of the file");
    }
}

#[test]
fn the_case_itself_is_never_its_example() {
    for by in ["first", "random", "similarity", "mmr"] {
        let project = tickets(&format!("pick: 4, by: {by}"));
        let given = json!({"text": "my parcel is late, where is it"});
        let one = rendered(&project.prompt("sort"), given);
        assert_eq!(one.examples.len(), 3, "{by}");
        assert!(!ids(&one).contains(&"late"), "{by}");
        assert_eq!(
            one.example_notes,
            ["example `late` (line 1) is left out: it is this case", "3 of 4 examples are sent: there are no more"]
        );
        // Another value of a variable that the example was rendered with makes another question.
        let other = json!({"text": "my parcel is late, where is it", "note": "again"});
        assert_eq!(rendered(&project.prompt("sort"), other).examples.len(), 4, "{by}");
    }
}

#[test]
fn chance_follows_the_seed_and_nothing_else() {
    let pick = |seed: &str| {
        let project = tickets(&format!("pick: 4, by: random{seed}"));
        let one = rendered(&project.prompt("sort"), json!({"text": "x"}));
        ids(&one).join(" ")
    };
    assert_eq!(pick(", seed: 1"), pick(", seed: 1"));
    let orders: std::collections::BTreeSet<String> = (0..12).map(|seed| pick(&format!(", seed: {seed}"))).collect();
    assert!(orders.len() > 4, "{orders:?}");
    assert_eq!(pick(""), pick(", seed: 0"));
    // An example more leaves the order of the others.
    let project = tickets("pick: 5, by: random, seed: 3");
    let before = ids(&rendered(&project.prompt("sort"), json!({"text": "x"}))).join(" ");
    project.write(
        "prompts/sort/tickets.jsonl",
        &format!("{{\"id\":\"new\",\"input\":\"n\",\"output\":\"o\"}}\n{TICKETS}"),
    );
    let after = rendered(&project.prompt("sort"), json!({"text": "x"}));
    let others: Vec<&str> = ids(&after).into_iter().filter(|id| *id != "new").collect();
    assert_eq!(others.join(" ").replace("#3", "#2"), before);
}

#[test]
fn the_digest_covers_examples_and_settings_and_not_their_formatting() {
    let digest = |settings: &str| tickets(settings).prompt("sort").digest;
    let base = digest("pick: 2, by: similarity");
    assert_eq!(base, digest("by: similarity, pick: 2"));
    let others = [
        "pick: 1, by: similarity",
        "pick: 2, by: mmr",
        "pick: 2",
        "pick: 2, by: similarity, with: tfidf",
        "pick: 2, by: similarity, on: [text]",
        "pick: 2, by: similarity, threshold: 0.1",
    ];
    for other in others {
        assert_ne!(base, digest(other), "{other}");
    }
    assert_ne!(digest("pick: 2, by: random"), digest("pick: 2, by: random, seed: 1"));
    assert_ne!(digest("pick: 2, by: mmr"), digest("pick: 2, by: mmr, diversity: 0.4"));
    let project = tickets("pick: 2, by: similarity");
    project.write("prompts/sort/tickets.jsonl", &TICKETS.replace(": ", ":").replace("\n\n", "\n"));
    assert_eq!(project.prompt("sort").digest, base);
    project.write("prompts/sort/tickets.jsonl", &TICKETS.replace("refund", "refunds"));
    assert_ne!(project.prompt("sort").digest, base);
    let plain = Project::new(&[("prompts/sort/1.0.0.yaml", CLASSIFY)]);
    // Of a prompt without examples, as it was before there were examples: computed from the canonical JSON by hand.
    let known = "2352bb55dc201052caf72ca481ccb22cc606600672837e787b01adc2aafe1603";
    assert_eq!(plain.prompt("sort").digest.to_string(), known);
}

#[test]
fn embeddings_decide_when_they_are_given_and_words_say_so_when_they_are_missed() {
    let project = tickets("pick: 1, by: similarity");
    let prompt = project.prompt("sort");
    assert!(prompt.embeds(true) && !prompt.embeds(false) && prompt.asks_for_embeddings().is_none());
    let given = vars(json!({"text": "my parcel is late", "note": "n"}));
    assert_eq!(prompt.example_query(&given), "my parcel is late\nn");
    assert_eq!(prompt.example_texts()[1], "the parcel never came\nangry");
    let vectors = vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![0.6, 0.8], vec![-1.0, 0.0]];
    let examples = ExampleVectors::new(4, vectors).expect("vectors");
    let nearby = Nearby { examples: &examples, query: &[0.7, 0.7] };
    let one = prompt.render_near(&given, Some(&model("a/b")), Some(nearby)).expect("renders");
    assert_eq!(ids(&one), ["7"]);
    assert_eq!(one.examples[0].why, Why::Similarity { with: "embedding", rank: 1 });
    let wrong = Nearby { examples: &examples, query: &[1.0] };
    let one = prompt.render_near(&given, Some(&model("a/b")), Some(wrong)).expect("renders");
    assert!(one.example_notes[0].starts_with("words are compared: vectors of 2 and of 1"), "{:?}", one.example_notes);

    let named = tickets("pick: 1, by: similarity, with: embedding");
    let prompt = named.prompt("sort");
    assert!(prompt.embeds(false) && prompt.asks_for_embeddings().is_some());
    let one = rendered(&prompt, json!({"text": "my parcel is late"}));
    assert_eq!(one.example_notes, ["there are no embeddings here; words are compared (bm25)"]);
    assert!(!tickets("pick: 1, by: similarity, with: bm25").prompt("sort").embeds(true));
    assert!(!tickets("pick: 1, by: random").prompt("sort").embeds(true));
}

#[test]
fn broken_files_of_examples_report_everything_at_its_line_and_column() {
    let file = concat!(
        "{\"vars\": {\"txt\": \"a\"}, \"output\": \"b\"}\n",
        "{\"vars\": {\"text\": 5}, \"output\": \"b\"}\n",
        "{\"vars\": {\"text\": \"a\"}, \"expected\": \"b\"}\n",
        "{\"vars\": {\"text\": \"a\"}, \"output\": \" \"}\n",
        "{\"vars\": [], \"output\": \"b\"}\n",
        "{\"output\": \"b\"}\n",
        "{\"vars\": {\"text\": \"a\"}, \"output\": \"b\", \"tags\": []}\n",
        "{\"vars\": {\"text\": \"a\", \"text\": \"b\"}, \"output\": \"b\"}\n",
        "{\"vars\": {\"text\": \"ü\"}, \"output\": \"b\"\n",
        "[1]\n",
        "{\"id\": \"x\", \"vars\": {\"text\": \"c\"}, \"output\": \"b\"}\n",
        "{\"id\": \"x\", \"vars\": {\"text\": \"d\"}, \"output\": \"b\"}\n",
        "{\"vars\": {}, \"output\": \"b\"}\n",
        "{\"vars\": {\"text\": \"a\"}, \"input\": \"a\", \"output\": null}\n",
        "{\"vars\": {\"text\": \"c\"}, \"output\": \"other\"}\n",
    );
    let project = tickets("pick: 2");
    project.write("prompts/sort/tickets.jsonl", file);
    let text = project.errors("sort");
    for part in [
        "error[unknown-variable]: `txt` is not a variable",
        "tickets.jsonl:1:18",
        "did you mean `text`?",
        "error[variable-type]",
        "tickets.jsonl:2:19",
        "it has `expected`",
        "tickets.jsonl:3:25",
        "rename `expected` to `output`",
        "`output` is empty",
        "tickets.jsonl:4:35",
        "`vars` must be a mapping",
        "tickets.jsonl:5:10",
        "this example has no `vars`",
        "tickets.jsonl:6:1",
        "`tags` is not a key of an example",
        "tickets.jsonl:7:40",
        "tickets.jsonl:8:",
        "tickets.jsonl:9:",
        "an example must be a mapping, this is a list",
        "error[duplicate-example-id]: the id `x`",
        "tickets.jsonl:12:8",
        "`text` is missing, the user's message needs it",
        "tickets.jsonl:13:10",
        "either `vars` or `input`",
        "has another answer",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_where_they_stand() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "by: first, seed: 3",
            TICKETS,
            &["[examples-setting]", "`seed` means nothing with `by: first`", "1.0.0.yaml:8:44"],
        ),
        ("by: similarity, diversity: 0.5", TICKETS, &["it is for `by: mmr`"]),
        ("by: mmr, diversity: 1.5", TICKETS, &["must be from 0 to 1"]),
        ("by: similarity, with: bm52", TICKETS, &["did you mean `bm25`?"]),
        ("by: similarity, on: [texts]", TICKETS, &["[unknown-variable]", "did you mean `text`?"]),
        ("by: similarity, on: []", TICKETS, &["`on` is empty"]),
        ("pick: 2", "\n \n", &["[no-examples]", "1.0.0.yaml:8:18"]),
        ("pick: 2", "[\n{}]\n", &["[json-list]"]),
        ("pik: 2", TICKETS, &["did you mean `pick`?"]),
    ];
    for (settings, file, wanted) in table {
        let project = tickets(settings);
        project.write("prompts/sort/tickets.jsonl", file);
        let text = project.errors("sort");
        for part in *wanted {
            assert!(text.contains(part), "{settings}: {part} not in\n{text}");
        }
    }
    let project = tickets("pick: 9");
    let (prompt, problems) = project.resolve("sort");
    assert!(prompt.is_some() && problems.render(false).contains("warning[few-examples]: `pick` is 9, there are 4"));
}

#[test]
fn prompts_that_have_no_place_for_examples_say_so() {
    let table: &[(&str, &str)] = &[
        ("messages: [{role: system, content: s}]\nexamples: {from: e.jsonl}\n", "[examples-without-user]"),
        ("template: \"{{ a }}{{ b }}\"\nexamples: {from: e.jsonl}\n", "[example-input]"),
        ("template: hi\nexamples: {from: v.jsonl, by: similarity}\n", "no example is more similar"),
        (
            "template: \"{{ a }}\"\nvariables: {a: string, examples: list}\nexamples: {from: v.jsonl}\n",
            "[examples-variable]",
        ),
        ("template: \"{{ a.b }}\"\nexamples: {from: e.jsonl}\n", "`a.b` is not defined"),
        ("template: \"{{ a }}\"\nexamples: {from: ../../../x.jsonl}\n", "[path-outside-project]"),
        ("template: \"{{ a }}\"\nexamples: examples.jsonl\n", "must be a mapping"),
        ("template: \"{{ a }}\"\nexamples: {pick: 2}\n", "has no `from`"),
    ];
    for (version, wanted) in table {
        let project = Project::new(&[
            ("prompts/p/1.0.0.yaml", version),
            ("prompts/p/e.jsonl", "{\"input\": \"x\", \"output\": \"y\"}\n"),
            ("prompts/p/v.jsonl", "{\"vars\": {}, \"output\": \"y\"}\n"),
        ]);
        let text = project.errors("p");
        assert!(text.contains(wanted), "{wanted} not in\n{text}");
    }
}

#[test]
fn input_means_the_variable_of_the_users_message_and_secrets_are_masked() {
    let key = "sk-proj-9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c3b2a1f0e";
    let project = tickets("pick: 2");
    project.write("prompts/sort/tickets.jsonl", &format!("{{\"input\": \"{key}\", \"output\": \"y\"}}\n"));
    let (_, problems) = project.resolve("sort");
    let text = problems.render(false);
    assert!(text.contains("secret") && text.contains("tickets.jsonl:1") && !text.contains(key), "{text}");
}
