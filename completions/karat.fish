# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_karat_global_optspecs
    string join \n config= environment= store= color= q/quiet v/verbose no-input y/yes h/help V/version
end

function __fish_karat_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_karat_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_karat_using_subcommand
    set -l cmd (__fish_karat_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c karat -n "__fish_karat_needs_command" -l config -d 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]' -r -F
complete -c karat -n "__fish_karat_needs_command" -l environment -d 'Environment of karat.yaml to apply' -r
complete -c karat -n "__fish_karat_needs_command" -l store -d 'Results store [config: store]' -r -F
complete -c karat -n "__fish_karat_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_needs_command" -s q -l quiet -d 'Print the answer and problems only'
complete -c karat -n "__fish_karat_needs_command" -s v -l verbose -d 'Say more: -v which setting won, -vv every call'
complete -c karat -n "__fish_karat_needs_command" -l no-input -d 'Never ask; a question without an answer is a refusal'
complete -c karat -n "__fish_karat_needs_command" -s y -l yes -d 'Answer every question with yes'
complete -c karat -n "__fish_karat_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_needs_command" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_needs_command" -f -a "eval" -d 'Run suites against prompts and models and say pass, fail or undecided'
complete -c karat -n "__fish_karat_needs_command" -f -a "completions" -d 'Print a shell completion script'
complete -c karat -n "__fish_karat_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l suite -d 'Run suites of this name (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l case -d 'Run cases with this id or glob, such as `sql-*` (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l tag -d 'Run cases with any of these tags (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l prompt -d 'Run only these prompts of the suites, by name, reference or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l model -d 'Run only these models of the suites, by name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l first -d 'Run the first N selected cases of each suite' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l sample -d 'Run N cases of each suite, drawn at random by --seed' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l seed -d 'Seed of everything random' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l failed-in -d 'Run the cases that did not pass in an earlier run (id, its start, or `latest`)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l calls -d 'Where replies come from [config: calls]' -r -f -a "live\t'Call the providers'
replay\t'Answer from cassettes, call nothing'
record\t'Call the providers and write cassettes'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s j -l concurrency -d 'Calls under way at once [config: concurrency]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l max-cost -d 'Stop cleanly before spending more than this, such as 0.50; the run can be resumed' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l max-errors -d 'Errors and ungraded trials that still allow a verdict [config: `max_errors`]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l resume -d 'Continue a stopped run: its id, its start, or the latest one' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l undecided -d 'What an undecided result means for the exit code' -r -f -a "report\t'Exit code 3'
fail\t'Exit code 1'
pass\t'Exit code 0'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l fail-exit-code -d 'Exit code for a failed result, for tools that expect another' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l format -d 'How to print the result: auto, table, plain, json, jsonl, markdown or junit' -r -f -a "auto\t'`table` on a terminal, `plain` otherwise'
table\t'fits the terminal'
plain\t'text without lines and colour, for logs'
json\t'one JSON document'
jsonl\t'one JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s o -l output -d 'Write the result to a file as well; its extension chooses the format (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l list-checks -d 'List the checks that suites can use, or explain one' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l config -d 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l environment -d 'Environment of karat.yaml to apply' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l store -d 'Results store [config: store]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l dry-run -d 'Print the plan, tokens and cost range without calling'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l record -d 'Short for --calls record: call, and write cassettes'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l no-cache -d 'Neither read nor fill the response cache'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l retry-errors -d 'With --resume: run trials again that ended in an error or ungraded'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s q -l quiet -d 'Print the answer and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s v -l verbose -d 'Say more: -v which setting won, -vv every call'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -l no-input -d 'Never ask; a question without an answer is a refusal'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s y -l yes -d 'Answer every question with yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -a "show" -d 'Show a stored run, or one case of it with messages, reply and scores'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -a "export" -d 'Write every trial of a stored run'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l limit -d 'How many' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l format -d 'How to print them: auto, table, plain, json, jsonl or markdown' -r -f -a "auto\t'`table` on a terminal, `plain` otherwise'
table\t'fits the terminal'
plain\t'text without lines and colour, for logs'
json\t'one JSON document'
jsonl\t'one JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l config -d 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l environment -d 'Environment of karat.yaml to apply' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l store -d 'Results store [config: store]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print the answer and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v which setting won, -vv every call'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; a question without an answer is a refusal'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l case -d 'Show the trials of this case' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l format -d 'How to print it: auto, table, plain, json, jsonl, markdown or junit' -r -f -a "auto\t'`table` on a terminal, `plain` otherwise'
table\t'fits the terminal'
plain\t'text without lines and colour, for logs'
json\t'one JSON document'
jsonl\t'one JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l config -d 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l environment -d 'Environment of karat.yaml to apply' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l store -d 'Results store [config: store]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print the answer and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v which setting won, -vv every call'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; a question without an answer is a refusal'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l format -d 'How to write it [default: by the file\'s extension, else jsonl]' -r -f -a "auto\t'`table` on a terminal, `plain` otherwise'
table\t'fits the terminal'
plain\t'text without lines and colour, for logs'
json\t'one JSON document'
jsonl\t'one JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s o -l output -d 'Write to a file instead of stdout' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l config -d 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l environment -d 'Environment of karat.yaml to apply' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l store -d 'Results store [config: store]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print the answer and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more: -v which setting won, -vv every call'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask; a question without an answer is a refusal'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer every question with yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from help" -f -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a stored run, or one case of it with messages, reply and scores'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write every trial of a stored run'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand completions" -l config -d 'Project folder or karat.yaml to use [default: nearest karat.yaml upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand completions" -l environment -d 'Environment of karat.yaml to apply' -r
complete -c karat -n "__fish_karat_using_subcommand completions" -l store -d 'Results store [config: store]' -r -F
complete -c karat -n "__fish_karat_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand completions" -s q -l quiet -d 'Print the answer and problems only'
complete -c karat -n "__fish_karat_using_subcommand completions" -s v -l verbose -d 'Say more: -v which setting won, -vv every call'
complete -c karat -n "__fish_karat_using_subcommand completions" -l no-input -d 'Never ask; a question without an answer is a refusal'
complete -c karat -n "__fish_karat_using_subcommand completions" -s y -l yes -d 'Answer every question with yes'
complete -c karat -n "__fish_karat_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand completions" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval completions help" -f -a "eval" -d 'Run suites against prompts and models and say pass, fail or undecided'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval completions help" -f -a "completions" -d 'Print a shell completion script'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "show" -d 'Show a stored run, or one case of it with messages, reply and scores'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "export" -d 'Write every trial of a stored run'
