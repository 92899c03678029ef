
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
            cand prompt 'Version, check, release and roll back prompts'
            cand mock 'Answer as OpenAI, Anthropic and Gemini do, from recordings'
            cand smoke 'Check quickly that something answers'
            cand cache 'Show what kept replies save, and let go of them'
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
            cand --changed-since 'Run suites that changed since a branch, tag or commit'
            cand --calls 'Choose where replies come from [config: calls] [default: live]'
            cand -j 'Make up to N calls at once [config: concurrency] [default: 20]'
            cand --concurrency 'Make up to N calls at once [config: concurrency] [default: 20]'
            cand --max-cost 'Stop before more than this is spent, such as 0.50; can be resumed'
            cand --max-errors 'Allow N errors and ungraded trials [config: `max_errors`] [default: 0]'
            cand --cache 'Choose which kept replies may answer [config: cache] [default: exact]'
            cand --cache-verify 'Ask the model all the same for this share of semantic hits [default: 0.1]'
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
            cand --stream 'Read replies as streams, for the time to the first token [config: providers.NAME.stream]'
            cand --no-stream 'Read replies whole, whatever the config says'
            cand --untrusted 'Start no programs of this project: for changes by strangers'
            cand --drop-rejected 'Send what a model takes, and leave out parameters that it rejects [config: `on_rejected`]'
            cand --retry-errors 'With --resume, repeat trials that ended in an error or ungraded'
            cand --list-providers 'List the providers: those of karat.yaml, and the kinds built in'
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
        &'karat;prompt'= {
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
            cand list 'Show every prompt with its versions, labels and last result'
            cand show 'Show a prompt: variables, messages, parameters, labels, results, digest'
            cand new 'Start a new prompt: asks on a terminal, takes flags otherwise'
            cand render 'Show what a prompt sends for some variables, with tokens and cost'
            cand lint 'Check prompts for mistakes, injection risks and what models refuse'
            cand diff 'Show what differs between two versions of a prompt, word by word'
            cand release 'Freeze the draft of a prompt as a version'
            cand label 'Set, move or remove a label of a prompt'
            cand rollback 'Point a label to what it pointed to before'
            cand history 'Show releases and moves of labels with author, date and commit'
            cand verify 'Check that every released version is what it was at its release'
            cand resolve 'Show which version a reference means, with its digest and messages'
            cand changed 'Show prompts whose content changed since a git revision'
            cand usage 'Show which suites and other files use a prompt'
            cand export 'Write a prompt in the format of another tool'
            cand import 'Read prompts of other tools into the registry'
        }
        &'karat;prompt;list'= {
            cand --label 'Show prompts with this label only, and the result of the version it points to'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --versions 'Show every version, each with its last result'
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
        &'karat;prompt;show'= {
            cand --format 'Print in this format'
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
        &'karat;prompt;new'= {
            cand --about 'What the prompt is for, in one line'
            cand --owner 'Who answers for it'
            cand --system 'System message: what always holds'
            cand --template 'User message: a template such as `Translate {{ text }}`'
            cand --var 'Type of a variable: NAME:TYPE with string, number, boolean, list, object or any (can be repeated)'
            cand --format 'Print what was written in this format'
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
        &'karat;prompt;render'= {
            cand --var 'Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)'
            cand --vars 'Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)'
            cand --case 'Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken'
            cand --model 'Render for this model'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --explain 'Also say where each value came from and which overrides apply'
            cand --messages 'Print only the messages, as JSON in the form of chat APIs'
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
        &'karat;prompt;lint'= {
            cand --model 'Check for this model instead of those that suites and karat.yaml name (can be repeated)'
            cand --deny 'Fail on these as on errors'
            cand --explain 'Say why a rule is there, with a bad and a good example'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --all-versions 'Apply every rule to versions that nothing refers to, too'
            cand --fix 'Mend drafts: spaces at line ends, invisible characters, letters in several characters'
            cand --dry-run 'With --fix: show the changes, write nothing'
            cand --list-rules 'List the rules and their levels'
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
        &'karat;prompt;diff'= {
            cand --var 'Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)'
            cand --vars 'Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)'
            cand --case 'Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken'
            cand --model 'Count tokens and cost for this model [default: those of the suites that use the prompt, or of karat.yaml] (can be repeated)'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --exit-code 'Exit with 1 when something differs'
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
        &'karat;prompt;release'= {
            cand --bump 'Raise this number [default: what the changes ask for]'
            cand --version 'Release as this version'
            cand -m 'Say why; kept in registry.lock'
            cand --message 'Say why; kept in registry.lock'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --dry-run 'Change nothing, say what would be released'
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
        &'karat;prompt;label'= {
            cand --split 'Split users over versions by weight'
            cand -m 'Say why; kept in registry.lock with --force'
            cand --message 'Say why; kept in registry.lock with --force'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --remove 'Remove the label'
            cand --force 'Move `production` to a version without a passing run; needs --message'
            cand --dry-run 'Change nothing, say what would change'
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
        &'karat;prompt;rollback'= {
            cand --label 'The label'
            cand --to 'Go to this version [default: what the label pointed to before, by git]'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --dry-run 'Change nothing, say what would change'
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
        &'karat;prompt;history'= {
            cand --format 'Print in this format'
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
        &'karat;prompt;verify'= {
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --adopt 'Lock every version that is not locked, as it is now'
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
        &'karat;prompt;resolve'= {
            cand --user 'Decide a split for this user'
            cand --format 'Print in this format'
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
        &'karat;prompt;changed'= {
            cand --since 'A branch, tag or commit'
            cand --format 'Print in this format'
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
        &'karat;prompt;usage'= {
            cand --partial 'Show the prompts that include this partial, directly or not'
            cand --format 'Print in this format'
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
        &'karat;prompt;export'= {
            cand --format 'Write this format'
            cand --output 'Write to this file instead of stdout'
            cand --var 'Fill in a variable: NAME=TEXT, or NAME:=JSON for other types; formats `openai` and `promptfoo` (can be repeated)'
            cand --vars 'Fill in values from a JSON or YAML file; `-` reads JSON from stdin; `--var` wins (can be repeated)'
            cand --model 'Fill in for this model, with the prompt''s overrides for it'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --lossy 'Leave out what the format cannot say, and list it on stderr'
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
        &'karat;prompt;import'= {
            cand --name 'Name of the prompt; by default its own, or that of the file'
            cand --as 'Import as the draft (`next`) or as this version'
            cand --from 'Format of the files; `auto` looks at their endings and content'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --dry-run 'Write nothing, say what would be written'
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
        &'karat;mock'= {
            cand --rules 'Answer by these rules first: a file or folder, as for providers of type `mock`'
            cand --port 'Listen on this port; 0 takes a free one and prints it'
            cand --host 'Listen on this address, and answer to any host name: others may then reach it'
            cand --latency 'Wait before each reply, such as `200ms`'
            cand --gap 'Wait between two pieces of a streamed reply'
            cand --fault 'Fail so: an HTTP status, reset, reset-mid-body, truncate, malformed, hang or hang-mid-body (can be repeated) [default: 429 with --fault-rate]'
            cand --fault-rate 'Let this share of the requests fail, 0 to 1 [default: 1 with --fault]'
            cand --retry-after 'Ask to wait so many seconds where a reply is 429, 503 or 529'
            cand --seed 'Draw other requests to fail'
            cand --max-requests 'End after so many requests'
            cand --for 'End after this time'
            cand --proxy 'Pass requests on to this base URL, with the keys that the application sends'
            cand --record 'Record the replies into this cassette, or into `recorded.jsonl` in this folder'
            cand --provider 'Record models as those of this provider [default: whose API it is]'
            cand --format 'Print the address in this format'
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
        &'karat;smoke'= {
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
            cand providers 'Call each model of the project once'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;smoke;providers'= {
            cand --timeout 'Give up a model after this time'
            cand --max-cost 'Refuse to start when all calls together may cost more, such as 0.05'
            cand --format 'Print in this format'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --dry-run 'List what would be called, and what it costs at most; call nothing'
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
        &'karat;smoke;help'= {
            cand providers 'Call each model of the project once'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'karat;smoke;help;providers'= {
        }
        &'karat;smoke;help;help'= {
        }
        &'karat;cache'= {
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
            cand stats 'Show its size, hits, and what they saved by run'
            cand clear 'Make every kept reply stop answering; results stay'
            cand prune 'Remove the texts of requests and replies of old runs'
        }
        &'karat;cache;stats'= {
            cand --limit 'Show the newest N runs that saved something'
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
        &'karat;cache;clear'= {
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
        &'karat;cache;prune'= {
            cand --older-than 'Take runs that ended longer ago than this, such as 90d'
            cand --config 'Use this project folder or karat.yaml [default: the nearest upward]'
            cand --environment 'Apply this environment of karat.yaml'
            cand --store 'Keep results in this file [config: store] [default: .karat/karat.db]'
            cand --color 'Choose when to use colour'
            cand --dry-run 'Tell what would go; change nothing'
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
            cand prompt 'Version, check, release and roll back prompts'
            cand mock 'Answer as OpenAI, Anthropic and Gemini do, from recordings'
            cand smoke 'Check quickly that something answers'
            cand cache 'Show what kept replies save, and let go of them'
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
        &'karat;help;prompt'= {
            cand list 'Show every prompt with its versions, labels and last result'
            cand show 'Show a prompt: variables, messages, parameters, labels, results, digest'
            cand new 'Start a new prompt: asks on a terminal, takes flags otherwise'
            cand render 'Show what a prompt sends for some variables, with tokens and cost'
            cand lint 'Check prompts for mistakes, injection risks and what models refuse'
            cand diff 'Show what differs between two versions of a prompt, word by word'
            cand release 'Freeze the draft of a prompt as a version'
            cand label 'Set, move or remove a label of a prompt'
            cand rollback 'Point a label to what it pointed to before'
            cand history 'Show releases and moves of labels with author, date and commit'
            cand verify 'Check that every released version is what it was at its release'
            cand resolve 'Show which version a reference means, with its digest and messages'
            cand changed 'Show prompts whose content changed since a git revision'
            cand usage 'Show which suites and other files use a prompt'
            cand export 'Write a prompt in the format of another tool'
            cand import 'Read prompts of other tools into the registry'
        }
        &'karat;help;prompt;list'= {
        }
        &'karat;help;prompt;show'= {
        }
        &'karat;help;prompt;new'= {
        }
        &'karat;help;prompt;render'= {
        }
        &'karat;help;prompt;lint'= {
        }
        &'karat;help;prompt;diff'= {
        }
        &'karat;help;prompt;release'= {
        }
        &'karat;help;prompt;label'= {
        }
        &'karat;help;prompt;rollback'= {
        }
        &'karat;help;prompt;history'= {
        }
        &'karat;help;prompt;verify'= {
        }
        &'karat;help;prompt;resolve'= {
        }
        &'karat;help;prompt;changed'= {
        }
        &'karat;help;prompt;usage'= {
        }
        &'karat;help;prompt;export'= {
        }
        &'karat;help;prompt;import'= {
        }
        &'karat;help;mock'= {
        }
        &'karat;help;smoke'= {
            cand providers 'Call each model of the project once'
        }
        &'karat;help;smoke;providers'= {
        }
        &'karat;help;cache'= {
            cand stats 'Show its size, hits, and what they saved by run'
            cand clear 'Make every kept reply stop answering; results stay'
            cand prune 'Remove the texts of requests and replies of old runs'
        }
        &'karat;help;cache;stats'= {
        }
        &'karat;help;cache;clear'= {
        }
        &'karat;help;cache;prune'= {
        }
        &'karat;help;completions'= {
        }
        &'karat;help;help'= {
        }
    ]
    $completions[$command]
}
