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

complete -c karat -n "__fish_karat_needs_command" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_needs_command" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_needs_command" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_needs_command" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_needs_command" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_needs_command" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_needs_command" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_needs_command" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_needs_command" -s V -l version -d 'Print version'
complete -c karat -n "__fish_karat_needs_command" -f -a "eval" -d 'Run suites of cases on prompts and models, and judge the replies'
complete -c karat -n "__fish_karat_needs_command" -f -a "completions" -d 'Print a shell completion script'
complete -c karat -n "__fish_karat_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l suite -d 'Run suites of this name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l case -d 'Run cases of this id or glob, such as `sql-*` (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l tag -d 'Run cases with any of these tags (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l prompt -d 'Run these prompts of the suites, by name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l model -d 'Run these models of the suites, by name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l first -d 'Run the first N selected cases of each suite' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l sample -d 'Run N cases of each suite, drawn at random by --seed' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l seed -d 'Seed everything random with this number' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l failed-in -d 'Run what did not pass in a run: its id, its start, or `latest`' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l calls -d 'Choose where replies come from [config: calls] [default: live]' -r -f -a "live\t'Call the providers'
replay\t'Answer from cassettes, call nothing'
record\t'Call the providers and write cassettes'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -s j -l concurrency -d 'Make up to N calls at once [config: concurrency] [default: 20]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l max-cost -d 'Stop before more than this is spent, such as 0.50; can be resumed' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l max-errors -d 'Allow N errors and ungraded trials [config: `max_errors`] [default: 0]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l resume -d 'Continue a stopped run: its id, its start, or the latest' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l undecided -d 'Choose what an undecided result does to the exit code' -r -f -a "report\t'Exit code 3'
fail\t'Exit code 1'
pass\t'Exit code 0'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l fail-exit-code -d 'Exit with this code instead of 1 when the result is a fail' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l format -d 'Print the result in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -s o -l output -d 'Write the result to a file too, by its extension (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l list-checks -d 'List the checks that suites can use, or explain one of them' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l dry-run -d 'Print the plan, tokens and cost; call nothing'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l record -d 'Call the providers and write cassettes: short for --calls record'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l no-cache -d 'Neither read nor fill the response cache [config: cache]'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l retry-errors -d 'With --resume, repeat trials that ended in an error or ungraded'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -a "show" -d 'Show a stored run, or one case of it in full'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export" -a "export" -d 'Write every trial of a stored run, to a file or stdout'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l limit -d 'Show the newest N' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l format -d 'Print them in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l case -d 'Show the trials of this case: messages, reply and scores' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l format -d 'Print it in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l format -d 'Write it in this format [default: by extension, else jsonl]' -r -f -a "table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s o -l output -d 'Write it to a file instead of stdout' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand completions" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand completions" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand completions" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand completions" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand completions" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand completions" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand completions" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand completions" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval completions help" -f -a "eval" -d 'Run suites of cases on prompts and models, and judge the replies'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval completions help" -f -a "completions" -d 'Print a shell completion script'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "show" -d 'Show a stored run, or one case of it in full'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "export" -d 'Write every trial of a stored run, to a file or stdout'
