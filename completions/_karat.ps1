
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'karat' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'karat'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'karat' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('eval', 'eval', [CompletionResultType]::ParameterValue, 'Run suites of cases on prompts and models, and judge the replies')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'karat;eval' {
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'Run suites of this name or glob (can be repeated)')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'Run cases of this id or glob, such as `sql-*` (can be repeated)')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Run cases with any of these tags (can be repeated)')
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'Run these prompts of the suites, by name or glob (can be repeated)')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Run these models of the suites, by name or glob (can be repeated)')
            [CompletionResult]::new('--first', '--first', [CompletionResultType]::ParameterName, 'Run the first N selected cases of each suite')
            [CompletionResult]::new('--sample', '--sample', [CompletionResultType]::ParameterName, 'Run N cases of each suite, drawn at random by --seed')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed everything random with this number')
            [CompletionResult]::new('--failed-in', '--failed-in', [CompletionResultType]::ParameterName, 'Run what did not pass in a run: its id, its start, or `latest`')
            [CompletionResult]::new('--calls', '--calls', [CompletionResultType]::ParameterName, 'Choose where replies come from [config: calls] [default: live]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Make up to N calls at once [config: concurrency] [default: 20]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Make up to N calls at once [config: concurrency] [default: 20]')
            [CompletionResult]::new('--max-cost', '--max-cost', [CompletionResultType]::ParameterName, 'Stop before more than this is spent, such as 0.50; can be resumed')
            [CompletionResult]::new('--max-errors', '--max-errors', [CompletionResultType]::ParameterName, 'Allow N errors and ungraded trials [config: `max_errors`] [default: 0]')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Continue a stopped run: its id, its start, or the latest')
            [CompletionResult]::new('--undecided', '--undecided', [CompletionResultType]::ParameterName, 'Choose what an undecided result does to the exit code')
            [CompletionResult]::new('--fail-exit-code', '--fail-exit-code', [CompletionResultType]::ParameterName, 'Exit with this code instead of 1 when the result is a fail')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the result in this format')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to a file too, by its extension (can be repeated)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to a file too, by its extension (can be repeated)')
            [CompletionResult]::new('--list-checks', '--list-checks', [CompletionResultType]::ParameterName, 'List the checks that suites can use, or explain one of them')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the plan, tokens and cost; call nothing')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Call the providers and write cassettes: short for --calls record')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Neither read nor fill the response cache [config: cache]')
            [CompletionResult]::new('--retry-errors', '--retry-errors', [CompletionResultType]::ParameterName, 'With --resume, repeat trials that ended in an error or ungraded')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List stored runs, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a stored run, or one case of it in full')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every trial of a stored run, to a file or stdout')
            break
        }
        'karat;eval;list' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show the newest N')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print them in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'karat;eval;show' {
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'Show the trials of this case: messages, reply and scores')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print it in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'karat;eval;export' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write it in this format [default: by extension, else jsonl]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write it to a file instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write it to a file instead of stdout')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'karat;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print results and problems only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more: -v which setting won, -vv every call, -vvv everything')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be no')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask; take the answer to be yes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'karat;help' {
            [CompletionResult]::new('eval', 'eval', [CompletionResultType]::ParameterValue, 'Run suites of cases on prompts and models, and judge the replies')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'karat;help;eval' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List stored runs, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a stored run, or one case of it in full')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every trial of a stored run, to a file or stdout')
            break
        }
        'karat;help;eval;list' {
            break
        }
        'karat;help;eval;show' {
            break
        }
        'karat;help;eval;export' {
            break
        }
        'karat;help;completions' {
            break
        }
        'karat;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
