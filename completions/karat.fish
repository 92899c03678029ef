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
complete -c karat -n "__fish_karat_needs_command" -f -a "prompt" -d 'Version, check, release and roll back prompts'
complete -c karat -n "__fish_karat_needs_command" -f -a "mock" -d 'Answer as OpenAI, Anthropic and Gemini do, from recordings'
complete -c karat -n "__fish_karat_needs_command" -f -a "smoke" -d 'Check quickly that something answers'
complete -c karat -n "__fish_karat_needs_command" -f -a "cache" -d 'Show what kept replies save, and let go of them'
complete -c karat -n "__fish_karat_needs_command" -f -a "completions" -d 'Print a shell completion script'
complete -c karat -n "__fish_karat_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l suite -d 'Run suites of this name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l case -d 'Run cases of this id or glob, such as `sql-*` (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l tag -d 'Run cases with any of these tags (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l prompt -d 'Run these prompts of the suites, by name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l model -d 'Run these models of the suites, by name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l first -d 'Run the first N selected cases of each suite' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l sample -d 'Run N cases of each suite, drawn at random by --seed' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l seed -d 'Seed everything random with this number' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l failed-in -d 'Run what did not pass in a run: its id, its start, or `latest`' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l adversarial -d 'Attack every case, by all strategies or some: --adversarial=injection,role-play' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l fuzz -d 'Run N generated inputs per suite instead of its cases' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l paraphrase -d 'Have this model paraphrase cases for --fuzz, such as openai/gpt-5.4-mini' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l changed-since -d 'Run suites that changed since a branch, tag or commit' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l calls -d 'Choose where replies come from [config: calls] [default: live]' -r -f -a "live\t'Call the providers'
replay\t'Answer from cassettes, call nothing'
record\t'Call the providers and write cassettes'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -s j -l concurrency -d 'Make up to N calls at once [config: concurrency] [default: 20]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l max-cost -d 'Stop before more than this is spent, such as 0.50; can be resumed' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l max-errors -d 'Allow N errors and ungraded trials [config: `max_errors`] [default: 0]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l cache -d 'Choose which kept replies may answer [config: cache] [default: exact]' -r -f -a "off\t'None: every call is made'
exact\t'Replies to equal requests'
semantic\t'Replies to equal requests, then to questions that mean nearly the same'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l cache-verify -d 'Ask the model all the same for this share of semantic hits [default: 0.1]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l resume -d 'Continue a stopped run: its id, its start, or the latest' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l batch-rest -d 'Choose what becomes of calls that fail or expire in a batch' -r -f -a "again\t'Send them in a further batch [config: `batch.rounds`]'
live\t'Call them one by one, at the full price'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l undecided -d 'Choose what an undecided result does to the exit code' -r -f -a "report\t'Exit code 3'
fail\t'Exit code 1'
pass\t'Exit code 0'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l fail-exit-code -d 'Exit with this code instead of 1 when the result is a fail' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l format -d 'Print the result in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -s o -l output -d 'Write the result to a file too, by its extension (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l list-checks -d 'List the checks that suites can use, or explain one of them' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l dry-run -d 'Print the plan, tokens and cost; call nothing'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l record -d 'Call the providers and write cassettes: short for --calls record'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l no-cache -d 'Neither read nor fill the response cache [config: cache]'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l stream -d 'Read replies as streams, for the time to the first token [config: providers.NAME.stream]'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l no-stream -d 'Read replies whole, whatever the config says'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l untrusted -d 'Start no programs of this project: for changes by strangers'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l drop-rejected -d 'Send what a model takes, and leave out parameters that it rejects [config: `on_rejected`]'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l retry-errors -d 'With --resume, repeat trials that ended in an error or ungraded'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l batch -d 'Send the calls in batches, at about half the price, within a day'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l detach -d 'With --batch, leave when all is sent; `karat eval collect` goes on'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l list-providers -d 'List the providers: those of karat.yaml, and the kinds built in'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -a "show" -d 'Show a stored run, or one case of it in full'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -a "export" -d 'Write every trial of a stored run, to a file or stdout'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -a "collect" -d 'Get what the batches of a run have brought by now'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -a "calibrate" -d 'Compare the judges of a suite with labels of people'
complete -c karat -n "__fish_karat_using_subcommand eval; and not __fish_seen_subcommand_from list show export collect calibrate doctor" -a "doctor" -d 'Look for checks that cannot fail, and what else weakens suites'
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
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l wait -d 'Wait until all batches have ended, or so long, such as 30m' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l max-cost -d 'Send no further batch that could carry the run past this' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l undecided -d 'Choose what an undecided result does to the exit code' -r -f -a "report\t'Exit code 3'
fail\t'Exit code 1'
pass\t'Exit code 0'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l fail-exit-code -d 'Exit with this code instead of 1 when the result is a fail' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l format -d 'Print the result in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'
junit\t'JUnit XML, one test case per trial'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -s o -l output -d 'Write the result to a file too, by its extension (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l cancel -d 'Cancel what is under way; what was answered before stays'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l labels -d 'Read the labels of people from this JSONL file' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l run -d 'Take the outputs of this run: its id, its start, or `latest` [default: the newest of its own cases]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l check -d 'Compare this check, a judge or not (can be repeated) [default: all judges]' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l min-kappa -d 'Fail when Cohen\'s kappa of a judge is below this' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l format -d 'Print it in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l template -d 'Print the rows to be labelled instead: one per output and judge'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from calibrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l suite -d 'Examine suites of this name or glob (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l format -d 'Print it in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand eval; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "list" -d 'Show every prompt with its versions, labels and last result'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "show" -d 'Show a prompt: variables, messages, parameters, labels, results, digest'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "new" -d 'Start a new prompt: asks on a terminal, takes flags otherwise'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "render" -d 'Show what a prompt sends for some variables, with tokens and cost'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "lint" -d 'Check prompts for mistakes, injection risks and what models refuse'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "diff" -d 'Show what differs between two versions of a prompt, word by word'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "release" -d 'Freeze the draft of a prompt as a version'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "label" -d 'Set, move or remove a label of a prompt'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "rollback" -d 'Point a label to what it pointed to before'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "history" -d 'Show releases and moves of labels with author, date and commit'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "verify" -d 'Check that every released version is what it was at its release'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "resolve" -d 'Show which version a reference means, with its digest and messages'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "changed" -d 'Show prompts whose content changed since a git revision'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "usage" -d 'Show which suites and other files use a prompt'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "export" -d 'Write a prompt in the format of another tool'
complete -c karat -n "__fish_karat_using_subcommand prompt; and not __fish_seen_subcommand_from list show new render lint diff release label rollback history verify resolve changed usage export import" -f -a "import" -d 'Read prompts of other tools into the registry'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l label -d 'Show prompts with this label only, and the result of the version it points to' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l versions -d 'Show every version, each with its last result'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l about -d 'What the prompt is for, in one line' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l owner -d 'Who answers for it' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l system -d 'System message: what always holds' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l template -d 'User message: a template such as `Translate {{ text }}`' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l var -d 'Type of a variable: NAME:TYPE with string, number, boolean, list, object or any (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l format -d 'Print what was written in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l var -d 'Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l vars -d 'Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l case -d 'Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l model -d 'Render for this model' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l explain -d 'Also say where each value came from and which overrides apply'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l messages -d 'Print only the messages, as JSON in the form of chat APIs'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l model -d 'Check for this model instead of those that suites and karat.yaml name (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l deny -d 'Fail on these as on errors' -r -f -a "warnings\t'Warnings'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l explain -d 'Say why a rule is there, with a bad and a good example' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'
sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations of GitHub Actions'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l all-versions -d 'Apply every rule to versions that nothing refers to, too'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l fix -d 'Mend drafts: spaces at line ends, invisible characters, letters in several characters'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l dry-run -d 'With --fix: show the changes, write nothing'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l list-rules -d 'List the rules and their levels'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l var -d 'Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l vars -d 'Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l case -d 'Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l model -d 'Count tokens and cost for this model [default: those of the suites that use the prompt, or of karat.yaml] (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 when something differs'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l bump -d 'Raise this number [default: what the changes ask for]' -r -f -a "patch\t''
minor\t''
major\t''"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l version -d 'Release as this version' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -s m -l message -d 'Say why; kept in registry.lock' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l dry-run -d 'Change nothing, say what would be released'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l split -d 'Split users over versions by weight' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -s m -l message -d 'Say why; kept in registry.lock with --force' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l remove -d 'Remove the label'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l force -d 'Move `production` to a version without a passing run; needs --message'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l dry-run -d 'Change nothing, say what would change'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from label" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l label -d 'The label' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l to -d 'Go to this version [default: what the label pointed to before, by git]' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l dry-run -d 'Change nothing, say what would change'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l adopt -d 'Lock every version that is not locked, as it is now'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l user -d 'Decide a split for this user' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from resolve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l since -d 'A branch, tag or commit' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from changed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l partial -d 'Show the prompts that include this partial, directly or not' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from usage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l format -d 'Write this format' -r -f -a "dotprompt\t'a `.prompt` file: YAML and a Handlebars template'
env\t'PROMPT_NAME, PROMPT_VERSION and PROMPT_DIGEST for a shell or `.env`'
flagd\t'a flag definition of the prompt\'s labels for OpenFeature'
json\t'the whole definition as one JSON document'
openai\t'a request for OpenAI chat completions as JSON: messages and parameters'
promptfoo\t'a prompt file of promptfoo: text, Markdown, Jinja, JSON or YAML with Nunjucks'
prompty\t'a `.prompty` file: YAML and a Jinja template'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l output -d 'Write to this file instead of stdout' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l var -d 'Fill in a variable: NAME=TEXT, or NAME:=JSON for other types; formats `openai` and `promptfoo` (can be repeated)' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l vars -d 'Fill in values from a JSON or YAML file; `-` reads JSON from stdin; `--var` wins (can be repeated)' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l model -d 'Fill in for this model, with the prompt\'s overrides for it' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l lossy -d 'Leave out what the format cannot say, and list it on stderr'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l name -d 'Name of the prompt; by default its own, or that of the file' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l as -d 'Import as the draft (`next`) or as this version' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l from -d 'Format of the files; `auto` looks at their endings and content' -r -f -a "auto\t'by the file\'s ending and content'
dotprompt\t'a `.prompt` file: YAML and a Handlebars template'
langfuse\t'prompts exported from Langfuse as JSON, with versions and labels'
mlflow\t'prompts exported from the MLflow prompt registry as JSON, with versions and aliases'
openai\t'a request for OpenAI chat completions as JSON: messages and parameters'
promptfoo\t'a prompt file of promptfoo: text, Markdown, Jinja, JSON or YAML with Nunjucks'
prompty\t'a `.prompty` file: YAML and a Jinja template'
text\t'plain text: one user message, braces are braces'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l dry-run -d 'Write nothing, say what would be written'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand prompt; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand mock" -l rules -d 'Answer by these rules first: a file or folder, as for providers of type `mock`' -r -F
complete -c karat -n "__fish_karat_using_subcommand mock" -l port -d 'Listen on this port; 0 takes a free one and prints it' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l host -d 'Listen on this address, and answer to any host name: others may then reach it' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l latency -d 'Wait before each reply, such as `200ms`' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l gap -d 'Wait between two pieces of a streamed reply' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l fault -d 'Fail so: an HTTP status, reset, reset-mid-body, truncate, malformed, hang or hang-mid-body (can be repeated) [default: 429 with --fault-rate]' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l fault-rate -d 'Let this share of the requests fail, 0 to 1 [default: 1 with --fault]' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l retry-after -d 'Ask to wait so many seconds where a reply is 429, 503 or 529' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l seed -d 'Draw other requests to fail' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l max-requests -d 'End after so many requests' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l for -d 'End after this time' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l proxy -d 'Pass requests on to this base URL, with the keys that the application sends' -r -f
complete -c karat -n "__fish_karat_using_subcommand mock" -l record -d 'Record the replies into this cassette, or into `recorded.jsonl` in this folder' -r -F
complete -c karat -n "__fish_karat_using_subcommand mock" -l provider -d 'Record models as those of this provider [default: whose API it is]' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l format -d 'Print the address in this format' -r -f -a "plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'"
complete -c karat -n "__fish_karat_using_subcommand mock" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand mock" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand mock" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand mock" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand mock" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand mock" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand mock" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand mock" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand mock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -f -a "providers" -d 'Call each model of the project once'
complete -c karat -n "__fish_karat_using_subcommand smoke; and not __fish_seen_subcommand_from providers help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l timeout -d 'Give up a model after this time' -r
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l max-cost -d 'Refuse to start when all calls together may cost more, such as 0.05' -r
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l format -d 'Print in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l dry-run -d 'List what would be called, and what it costs at most; call nothing'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from providers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from help" -f -a "providers" -d 'Call each model of the project once'
complete -c karat -n "__fish_karat_using_subcommand smoke; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -f -a "stats" -d 'Show its size, hits, and what they saved by run'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -f -a "clear" -d 'Make every kept reply stop answering; results stay'
complete -c karat -n "__fish_karat_using_subcommand cache; and not __fish_seen_subcommand_from stats clear prune" -f -a "prune" -d 'Remove the texts of requests and replies of old runs'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l limit -d 'Show the newest N runs that saved something' -r
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l format -d 'Print it in this format' -r -f -a "auto\t'As `table` on a terminal, `plain` otherwise'
table\t'For a terminal: fits its width'
plain\t'Text for logs: never wrapped, no colour'
json\t'One JSON document'
jsonl\t'One JSON object per line'
markdown\t'GitHub-flavoured Markdown'"
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l older-than -d 'Take runs that ended longer ago than this, such as 90d' -r
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l config -d 'Use this project folder or karat.yaml [default: the nearest upward]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l environment -d 'Apply this environment of karat.yaml' -r
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l store -d 'Keep results in this file [config: store] [default: .karat/karat.db]' -r -F
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l color -d 'Choose when to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM=dumb`'
always\t'Always'
never\t'Never'"
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l dry-run -d 'Tell what would go; change nothing'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print results and problems only'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Say more: -v which setting won, -vv every call, -vvv everything'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -l no-input -d 'Never ask; take the answer to be no'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Never ask; take the answer to be yes'
complete -c karat -n "__fish_karat_using_subcommand cache; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "eval" -d 'Run suites of cases on prompts and models, and judge the replies'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "prompt" -d 'Version, check, release and roll back prompts'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "mock" -d 'Answer as OpenAI, Anthropic and Gemini do, from recordings'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "smoke" -d 'Check quickly that something answers'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "cache" -d 'Show what kept replies save, and let go of them'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "completions" -d 'Print a shell completion script'
complete -c karat -n "__fish_karat_using_subcommand help; and not __fish_seen_subcommand_from eval prompt mock smoke cache completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "list" -d 'List stored runs, newest first'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "show" -d 'Show a stored run, or one case of it in full'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "export" -d 'Write every trial of a stored run, to a file or stdout'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "collect" -d 'Get what the batches of a run have brought by now'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "calibrate" -d 'Compare the judges of a suite with labels of people'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from eval" -f -a "doctor" -d 'Look for checks that cannot fail, and what else weakens suites'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "list" -d 'Show every prompt with its versions, labels and last result'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "show" -d 'Show a prompt: variables, messages, parameters, labels, results, digest'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "new" -d 'Start a new prompt: asks on a terminal, takes flags otherwise'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "render" -d 'Show what a prompt sends for some variables, with tokens and cost'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "lint" -d 'Check prompts for mistakes, injection risks and what models refuse'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "diff" -d 'Show what differs between two versions of a prompt, word by word'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "release" -d 'Freeze the draft of a prompt as a version'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "label" -d 'Set, move or remove a label of a prompt'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "rollback" -d 'Point a label to what it pointed to before'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "history" -d 'Show releases and moves of labels with author, date and commit'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "verify" -d 'Check that every released version is what it was at its release'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "resolve" -d 'Show which version a reference means, with its digest and messages'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "changed" -d 'Show prompts whose content changed since a git revision'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "usage" -d 'Show which suites and other files use a prompt'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "export" -d 'Write a prompt in the format of another tool'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from prompt" -f -a "import" -d 'Read prompts of other tools into the registry'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from smoke" -f -a "providers" -d 'Call each model of the project once'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "stats" -d 'Show its size, hits, and what they saved by run'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "clear" -d 'Make every kept reply stop answering; results stay'
complete -c karat -n "__fish_karat_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "prune" -d 'Remove the texts of requests and replies of old runs'
