
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
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand -q 'Print results and problems only'
            cand --quiet 'Print results and problems only'
            cand -v 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --verbose 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --no-input 'Never ask; take the answer to be no'
            cand -y 'Never ask; take the answer to be yes'
            cand --yes 'Never ask; take the answer to be yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand eval 'Run suites of cases on prompts and models, and judge the replies'
            cand completions 'Print a shell completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;eval'= {
            cand --suite 'Run suites of this name or glob (can be repeated)'
            cand --case 'Run cases of this id or glob, such as `sql-*` (can be repeated)'
            cand --tag 'Run cases with any of these tags (can be repeated)'
            cand --prompt 'Run these prompts of the suites, by name or glob (can be repeated)'
            cand --model 'Run these models of the suites, by name or glob (can be repeated)'
            cand --first 'Run the first N selected cases of each suite'
            cand --sample 'Run N cases of each suite, drawn at random by --seed'
            cand --seed 'Seed everything random with this number'
            cand --failed-in 'Run what did not pass in a run: its id, its start, or `latest`'
            cand --calls 'Choose where replies come from [config: calls] [default: live]'
            cand -j 'Make up to N calls at once [config: concurrency] [default: 20]'
            cand --concurrency 'Make up to N calls at once [config: concurrency] [default: 20]'
            cand --max-cost 'Stop before more than this is spent, such as 0.50; can be resumed'
            cand --max-errors 'Allow N errors and ungraded trials [config: `max_errors`] [default: 0]'
            cand --resume 'Continue a stopped run: its id, its start, or the latest'
            cand --undecided 'Choose what an undecided result does to the exit code'
            cand --fail-exit-code 'Exit with this code instead of 1 when the result is a fail'
            cand --format 'Print the result in this format'
            cand -o 'Write the result to a file too, by its extension (can be repeated)'
            cand --output 'Write the result to a file too, by its extension (can be repeated)'
            cand --list-checks 'List the checks that suites can use, or explain one of them'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --dry-run 'Print the plan, tokens and cost; call nothing'
            cand --record 'Call the providers and write cassettes: short for --calls record'
            cand --no-cache 'Neither read nor fill the response cache [config: cache]'
            cand --retry-errors 'With --resume, repeat trials that ended in an error or ungraded'
            cand -q 'Print results and problems only'
            cand --quiet 'Print results and problems only'
            cand -v 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --verbose 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --no-input 'Never ask; take the answer to be no'
            cand -y 'Never ask; take the answer to be yes'
            cand --yes 'Never ask; take the answer to be yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List stored runs, newest first'
            cand show 'Show a stored run, or one case of it in full'
            cand export 'Write every trial of a stored run, to a file or stdout'
        }
        &'karat;eval;list'= {
            cand --limit 'Show the newest N'
            cand --format 'Print them in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand -q 'Print results and problems only'
            cand --quiet 'Print results and problems only'
            cand -v 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --verbose 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --no-input 'Never ask; take the answer to be no'
            cand -y 'Never ask; take the answer to be yes'
            cand --yes 'Never ask; take the answer to be yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'karat;eval;show'= {
            cand --case 'Show the trials of this case: messages, reply and scores'
            cand --format 'Print it in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand -q 'Print results and problems only'
            cand --quiet 'Print results and problems only'
            cand -v 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --verbose 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --no-input 'Never ask; take the answer to be no'
            cand -y 'Never ask; take the answer to be yes'
            cand --yes 'Never ask; take the answer to be yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'karat;eval;export'= {
            cand --format 'Write it in this format [default: by extension, else jsonl]'
            cand -o 'Write it to a file instead of stdout'
            cand --output 'Write it to a file instead of stdout'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand -q 'Print results and problems only'
            cand --quiet 'Print results and problems only'
            cand -v 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --verbose 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --no-input 'Never ask; take the answer to be no'
            cand -y 'Never ask; take the answer to be yes'
            cand --yes 'Never ask; take the answer to be yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'karat;completions'= {
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand -q 'Print results and problems only'
            cand --quiet 'Print results and problems only'
            cand -v 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --verbose 'Say more: -v which setting won, -vv every call, -vvv everything'
            cand --no-input 'Never ask; take the answer to be no'
            cand -y 'Never ask; take the answer to be yes'
            cand --yes 'Never ask; take the answer to be yes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'karat;help'= {
            cand eval 'Run suites of cases on prompts and models, and judge the replies'
            cand completions 'Print a shell completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;help;eval'= {
            cand list 'List stored runs, newest first'
            cand show 'Show a stored run, or one case of it in full'
            cand export 'Write every trial of a stored run, to a file or stdout'
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
