
use builtin;
use str;

set edit:completion:arg-completer[karat] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'karat'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'karat'= {
            cand --config 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]'
            cand --environment 'Environment of karat.yaml to apply'
            cand --store 'Results store [config: store]'
            cand --color 'When to use colour'
            cand -q 'Print the answer and problems only'
            cand --quiet 'Print the answer and problems only'
            cand -v 'Say more: -v which setting won, -vv every call'
            cand --verbose 'Say more: -v which setting won, -vv every call'
            cand --no-input 'Never ask; a question without an answer is a refusal'
            cand -y 'Answer every question with yes'
            cand --yes 'Answer every question with yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand eval 'Run suites against prompts and models and say pass, fail or undecided'
            cand completions 'Print a shell completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;eval'= {
            cand --suite 'Run suites of this name (can be repeated)'
            cand --case 'Run cases with this id or glob, such as `sql-*` (can be repeated)'
            cand --tag 'Run cases with any of these tags (can be repeated)'
            cand --prompt 'Run only these prompts of the suites, by name, reference or glob (can be repeated)'
            cand --model 'Run only these models of the suites, by name or glob (can be repeated)'
            cand --first 'Run the first N selected cases of each suite'
            cand --sample 'Run N cases of each suite, drawn at random by --seed'
            cand --seed 'Seed of everything random'
            cand --failed-in 'Run the cases that did not pass in an earlier run (id, its start, or `latest`)'
            cand --calls 'Where replies come from [config: calls]'
            cand -j 'Calls under way at once [config: concurrency]'
            cand --concurrency 'Calls under way at once [config: concurrency]'
            cand --max-cost 'Stop cleanly before spending more than this, such as 0.50; the run can be resumed'
            cand --max-errors 'Errors and ungraded trials that still allow a verdict [config: `max_errors`]'
            cand --resume 'Continue a stopped run: its id, its start, or the latest one'
            cand --undecided 'What an undecided result means for the exit code'
            cand --fail-exit-code 'Exit code for a failed result, for tools that expect another'
            cand --format 'How to print the result: auto, table, plain, json, jsonl, markdown or junit'
            cand -o 'Write the result to a file as well; its extension chooses the format (can be repeated)'
            cand --output 'Write the result to a file as well; its extension chooses the format (can be repeated)'
            cand --list-checks 'List the checks that suites can use, or explain one'
            cand --config 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]'
            cand --environment 'Environment of karat.yaml to apply'
            cand --store 'Results store [config: store]'
            cand --color 'When to use colour'
            cand --dry-run 'Print the plan, tokens and cost range without calling'
            cand --record 'Short for --calls record: call, and write cassettes'
            cand --no-cache 'Neither read nor fill the response cache'
            cand --retry-errors 'With --resume: run trials again that ended in an error or ungraded'
            cand -q 'Print the answer and problems only'
            cand --quiet 'Print the answer and problems only'
            cand -v 'Say more: -v which setting won, -vv every call'
            cand --verbose 'Say more: -v which setting won, -vv every call'
            cand --no-input 'Never ask; a question without an answer is a refusal'
            cand -y 'Answer every question with yes'
            cand --yes 'Answer every question with yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand list 'List stored runs, newest first'
            cand show 'Show a stored run, or one case of it with messages, reply and scores'
            cand export 'Write every trial of a stored run'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;eval;list'= {
            cand --limit 'How many'
            cand --format 'How to print them: auto, table, plain, json, jsonl or markdown'
            cand --config 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]'
            cand --environment 'Environment of karat.yaml to apply'
            cand --store 'Results store [config: store]'
            cand --color 'When to use colour'
            cand -q 'Print the answer and problems only'
            cand --quiet 'Print the answer and problems only'
            cand -v 'Say more: -v which setting won, -vv every call'
            cand --verbose 'Say more: -v which setting won, -vv every call'
            cand --no-input 'Never ask; a question without an answer is a refusal'
            cand -y 'Answer every question with yes'
            cand --yes 'Answer every question with yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'karat;eval;show'= {
            cand --case 'Show the trials of this case'
            cand --format 'How to print it: auto, table, plain, json, jsonl, markdown or junit'
            cand --config 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]'
            cand --environment 'Environment of karat.yaml to apply'
            cand --store 'Results store [config: store]'
            cand --color 'When to use colour'
            cand -q 'Print the answer and problems only'
            cand --quiet 'Print the answer and problems only'
            cand -v 'Say more: -v which setting won, -vv every call'
            cand --verbose 'Say more: -v which setting won, -vv every call'
            cand --no-input 'Never ask; a question without an answer is a refusal'
            cand -y 'Answer every question with yes'
            cand --yes 'Answer every question with yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'karat;eval;export'= {
            cand --format 'How to write it [default: by the file''s extension, else jsonl]'
            cand -o 'Write to a file instead of stdout'
            cand --output 'Write to a file instead of stdout'
            cand --config 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]'
            cand --environment 'Environment of karat.yaml to apply'
            cand --store 'Results store [config: store]'
            cand --color 'When to use colour'
            cand -q 'Print the answer and problems only'
            cand --quiet 'Print the answer and problems only'
            cand -v 'Say more: -v which setting won, -vv every call'
            cand --verbose 'Say more: -v which setting won, -vv every call'
            cand --no-input 'Never ask; a question without an answer is a refusal'
            cand -y 'Answer every question with yes'
            cand --yes 'Answer every question with yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'karat;eval;help'= {
            cand list 'List stored runs, newest first'
            cand show 'Show a stored run, or one case of it with messages, reply and scores'
            cand export 'Write every trial of a stored run'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;eval;help;list'= {
        }
        &'karat;eval;help;show'= {
        }
        &'karat;eval;help;export'= {
        }
        &'karat;eval;help;help'= {
        }
        &'karat;completions'= {
            cand --config 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]'
            cand --environment 'Environment of karat.yaml to apply'
            cand --store 'Results store [config: store]'
            cand --color 'When to use colour'
            cand -q 'Print the answer and problems only'
            cand --quiet 'Print the answer and problems only'
            cand -v 'Say more: -v which setting won, -vv every call'
            cand --verbose 'Say more: -v which setting won, -vv every call'
            cand --no-input 'Never ask; a question without an answer is a refusal'
            cand -y 'Answer every question with yes'
            cand --yes 'Answer every question with yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'karat;help'= {
            cand eval 'Run suites against prompts and models and say pass, fail or undecided'
            cand completions 'Print a shell completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;help;eval'= {
            cand list 'List stored runs, newest first'
            cand show 'Show a stored run, or one case of it with messages, reply and scores'
            cand export 'Write every trial of a stored run'
        }
        &'karat;help;eval;list'= {
        }
        &'karat;help;eval;show'= {
        }
        &'karat;help;eval;export'= {
        }
        &'karat;help;completions'= {
        }
        &'karat;help;help'= {
        }
    ]
    $completions[$command]
}
