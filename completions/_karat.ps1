
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
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Version, check, release and roll back prompts')
            [CompletionResult]::new('mock', 'mock', [CompletionResultType]::ParameterValue, 'Answer as OpenAI, Anthropic and Gemini do, from recordings')
            [CompletionResult]::new('smoke', 'smoke', [CompletionResultType]::ParameterValue, 'Check quickly that something answers')
            [CompletionResult]::new('cache', 'cache', [CompletionResultType]::ParameterValue, 'Show what kept replies save, and let go of them')
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
            [CompletionResult]::new('--adversarial', '--adversarial', [CompletionResultType]::ParameterName, 'Attack every case, by all strategies or some: --adversarial=injection,role-play')
            [CompletionResult]::new('--fuzz', '--fuzz', [CompletionResultType]::ParameterName, 'Run N generated inputs per suite instead of its cases')
            [CompletionResult]::new('--paraphrase', '--paraphrase', [CompletionResultType]::ParameterName, 'Have this model paraphrase cases for --fuzz, such as openai/gpt-5.4-mini')
            [CompletionResult]::new('--changed-since', '--changed-since', [CompletionResultType]::ParameterName, 'Run suites that changed since a branch, tag or commit')
            [CompletionResult]::new('--calls', '--calls', [CompletionResultType]::ParameterName, 'Choose where replies come from [config: calls] [default: live]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Make up to N calls at once [config: concurrency] [default: 20]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Make up to N calls at once [config: concurrency] [default: 20]')
            [CompletionResult]::new('--max-cost', '--max-cost', [CompletionResultType]::ParameterName, 'Stop before more than this is spent, such as 0.50; can be resumed')
            [CompletionResult]::new('--max-errors', '--max-errors', [CompletionResultType]::ParameterName, 'Allow N errors and ungraded trials [config: `max_errors`] [default: 0]')
            [CompletionResult]::new('--cache', '--cache', [CompletionResultType]::ParameterName, 'Choose which kept replies may answer [config: cache] [default: exact]')
            [CompletionResult]::new('--cache-verify', '--cache-verify', [CompletionResultType]::ParameterName, 'Ask the model all the same for this share of semantic hits [default: 0.1]')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Continue a stopped run: its id, its start, or the latest')
            [CompletionResult]::new('--batch-rest', '--batch-rest', [CompletionResultType]::ParameterName, 'Choose what becomes of calls that fail or expire in a batch')
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
            [CompletionResult]::new('--stream', '--stream', [CompletionResultType]::ParameterName, 'Read replies as streams, for the time to the first token [config: providers.NAME.stream]')
            [CompletionResult]::new('--no-stream', '--no-stream', [CompletionResultType]::ParameterName, 'Read replies whole, whatever the config says')
            [CompletionResult]::new('--untrusted', '--untrusted', [CompletionResultType]::ParameterName, 'Start no programs of this project: for changes by strangers')
            [CompletionResult]::new('--drop-rejected', '--drop-rejected', [CompletionResultType]::ParameterName, 'Send what a model takes, and leave out parameters that it rejects [config: `on_rejected`]')
            [CompletionResult]::new('--retry-errors', '--retry-errors', [CompletionResultType]::ParameterName, 'With --resume, repeat trials that ended in an error or ungraded')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Send the calls in batches, at about half the price, within a day')
            [CompletionResult]::new('--detach', '--detach', [CompletionResultType]::ParameterName, 'With --batch, leave when all is sent; `karat eval collect` goes on')
            [CompletionResult]::new('--list-providers', '--list-providers', [CompletionResultType]::ParameterName, 'List the providers: those of karat.yaml, and the kinds built in')
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
            [CompletionResult]::new('collect', 'collect', [CompletionResultType]::ParameterValue, 'Get what the batches of a run have brought by now')
            [CompletionResult]::new('calibrate', 'calibrate', [CompletionResultType]::ParameterValue, 'Compare the judges of a suite with labels of people')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look for checks that cannot fail, and what else weakens suites')
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
        'karat;eval;collect' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until all batches have ended, or so long, such as 30m')
            [CompletionResult]::new('--max-cost', '--max-cost', [CompletionResultType]::ParameterName, 'Send no further batch that could carry the run past this')
            [CompletionResult]::new('--undecided', '--undecided', [CompletionResultType]::ParameterName, 'Choose what an undecided result does to the exit code')
            [CompletionResult]::new('--fail-exit-code', '--fail-exit-code', [CompletionResultType]::ParameterName, 'Exit with this code instead of 1 when the result is a fail')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the result in this format')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to a file too, by its extension (can be repeated)')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to a file too, by its extension (can be repeated)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--cancel', '--cancel', [CompletionResultType]::ParameterName, 'Cancel what is under way; what was answered before stays')
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
        'karat;eval;calibrate' {
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'Read the labels of people from this JSONL file')
            [CompletionResult]::new('--run', '--run', [CompletionResultType]::ParameterName, 'Take the outputs of this run: its id, its start, or `latest` [default: the newest of its own cases]')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Compare this check, a judge or not (can be repeated) [default: all judges]')
            [CompletionResult]::new('--min-kappa', '--min-kappa', [CompletionResultType]::ParameterName, 'Fail when Cohen''s kappa of a judge is below this')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print it in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Print the rows to be labelled instead: one per output and judge')
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
        'karat;eval;doctor' {
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'Examine suites of this name or glob (can be repeated)')
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
        'karat;prompt' {
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
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every prompt with its versions, labels and last result')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a prompt: variables, messages, parameters, labels, results, digest')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Start a new prompt: asks on a terminal, takes flags otherwise')
            [CompletionResult]::new('render', 'render', [CompletionResultType]::ParameterValue, 'Show what a prompt sends for some variables, with tokens and cost')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Check prompts for mistakes, injection risks and what models refuse')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what differs between two versions of a prompt, word by word')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'Freeze the draft of a prompt as a version')
            [CompletionResult]::new('label', 'label', [CompletionResultType]::ParameterValue, 'Set, move or remove a label of a prompt')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Point a label to what it pointed to before')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show releases and moves of labels with author, date and commit')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that every released version is what it was at its release')
            [CompletionResult]::new('resolve', 'resolve', [CompletionResultType]::ParameterValue, 'Show which version a reference means, with its digest and messages')
            [CompletionResult]::new('changed', 'changed', [CompletionResultType]::ParameterValue, 'Show prompts whose content changed since a git revision')
            [CompletionResult]::new('usage', 'usage', [CompletionResultType]::ParameterValue, 'Show which suites and other files use a prompt')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write a prompt in the format of another tool')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Read prompts of other tools into the registry')
            break
        }
        'karat;prompt;list' {
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Show prompts with this label only, and the result of the version it points to')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--versions', '--versions', [CompletionResultType]::ParameterName, 'Show every version, each with its last result')
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
        'karat;prompt;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
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
        'karat;prompt;new' {
            [CompletionResult]::new('--about', '--about', [CompletionResultType]::ParameterName, 'What the prompt is for, in one line')
            [CompletionResult]::new('--owner', '--owner', [CompletionResultType]::ParameterName, 'Who answers for it')
            [CompletionResult]::new('--system', '--system', [CompletionResultType]::ParameterName, 'System message: what always holds')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'User message: a template such as `Translate {{ text }}`')
            [CompletionResult]::new('--var', '--var', [CompletionResultType]::ParameterName, 'Type of a variable: NAME:TYPE with string, number, boolean, list, object or any (can be repeated)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print what was written in this format')
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
        'karat;prompt;render' {
            [CompletionResult]::new('--var', '--var', [CompletionResultType]::ParameterName, 'Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)')
            [CompletionResult]::new('--vars', '--vars', [CompletionResultType]::ParameterName, 'Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Render for this model')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Also say where each value came from and which overrides apply')
            [CompletionResult]::new('--messages', '--messages', [CompletionResultType]::ParameterName, 'Print only the messages, as JSON in the form of chat APIs')
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
        'karat;prompt;lint' {
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Check for this model instead of those that suites and karat.yaml name (can be repeated)')
            [CompletionResult]::new('--deny', '--deny', [CompletionResultType]::ParameterName, 'Fail on these as on errors')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Say why a rule is there, with a bad and a good example')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--all-versions', '--all-versions', [CompletionResultType]::ParameterName, 'Apply every rule to versions that nothing refers to, too')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend drafts: spaces at line ends, invisible characters, letters in several characters')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'With --fix: show the changes, write nothing')
            [CompletionResult]::new('--list-rules', '--list-rules', [CompletionResultType]::ParameterName, 'List the rules and their levels')
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
        'karat;prompt;diff' {
            [CompletionResult]::new('--var', '--var', [CompletionResultType]::ParameterName, 'Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)')
            [CompletionResult]::new('--vars', '--vars', [CompletionResultType]::ParameterName, 'Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)')
            [CompletionResult]::new('--case', '--case', [CompletionResultType]::ParameterName, 'Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Count tokens and cost for this model [default: those of the suites that use the prompt, or of karat.yaml] (can be repeated)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 when something differs')
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
        'karat;prompt;release' {
            [CompletionResult]::new('--bump', '--bump', [CompletionResultType]::ParameterName, 'Raise this number [default: what the changes ask for]')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Release as this version')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Say why; kept in registry.lock')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Say why; kept in registry.lock')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Change nothing, say what would be released')
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
        'karat;prompt;label' {
            [CompletionResult]::new('--split', '--split', [CompletionResultType]::ParameterName, 'Split users over versions by weight')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Say why; kept in registry.lock with --force')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Say why; kept in registry.lock with --force')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Remove the label')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Move `production` to a version without a passing run; needs --message')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Change nothing, say what would change')
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
        'karat;prompt;rollback' {
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'The label')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Go to this version [default: what the label pointed to before, by git]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Change nothing, say what would change')
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
        'karat;prompt;history' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
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
        'karat;prompt;verify' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--adopt', '--adopt', [CompletionResultType]::ParameterName, 'Lock every version that is not locked, as it is now')
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
        'karat;prompt;resolve' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Decide a split for this user')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
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
        'karat;prompt;changed' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'A branch, tag or commit')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
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
        'karat;prompt;usage' {
            [CompletionResult]::new('--partial', '--partial', [CompletionResultType]::ParameterName, 'Show the prompts that include this partial, directly or not')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
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
        'karat;prompt;export' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write this format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file instead of stdout')
            [CompletionResult]::new('--var', '--var', [CompletionResultType]::ParameterName, 'Fill in a variable: NAME=TEXT, or NAME:=JSON for other types; formats `openai` and `promptfoo` (can be repeated)')
            [CompletionResult]::new('--vars', '--vars', [CompletionResultType]::ParameterName, 'Fill in values from a JSON or YAML file; `-` reads JSON from stdin; `--var` wins (can be repeated)')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'Fill in for this model, with the prompt''s overrides for it')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--lossy', '--lossy', [CompletionResultType]::ParameterName, 'Leave out what the format cannot say, and list it on stderr')
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
        'karat;prompt;import' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name of the prompt; by default its own, or that of the file')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Import as the draft (`next`) or as this version')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Format of the files; `auto` looks at their endings and content')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Write nothing, say what would be written')
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
        'karat;mock' {
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Answer by these rules first: a file or folder, as for providers of type `mock`')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Listen on this port; 0 takes a free one and prints it')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Listen on this address, and answer to any host name: others may then reach it')
            [CompletionResult]::new('--latency', '--latency', [CompletionResultType]::ParameterName, 'Wait before each reply, such as `200ms`')
            [CompletionResult]::new('--gap', '--gap', [CompletionResultType]::ParameterName, 'Wait between two pieces of a streamed reply')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Fail so: an HTTP status, reset, reset-mid-body, truncate, malformed, hang or hang-mid-body (can be repeated) [default: 429 with --fault-rate]')
            [CompletionResult]::new('--fault-rate', '--fault-rate', [CompletionResultType]::ParameterName, 'Let this share of the requests fail, 0 to 1 [default: 1 with --fault]')
            [CompletionResult]::new('--retry-after', '--retry-after', [CompletionResultType]::ParameterName, 'Ask to wait so many seconds where a reply is 429, 503 or 529')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Draw other requests to fail')
            [CompletionResult]::new('--max-requests', '--max-requests', [CompletionResultType]::ParameterName, 'End after so many requests')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'End after this time')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Pass requests on to this base URL, with the keys that the application sends')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record the replies into this cassette, or into `recorded.jsonl` in this folder')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Record models as those of this provider [default: whose API it is]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print the address in this format')
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
        'karat;smoke' {
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
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'Call each model of the project once')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'karat;smoke;providers' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up a model after this time')
            [CompletionResult]::new('--max-cost', '--max-cost', [CompletionResultType]::ParameterName, 'Refuse to start when all calls together may cost more, such as 0.05')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print in this format')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'List what would be called, and what it costs at most; call nothing')
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
        'karat;smoke;help' {
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'Call each model of the project once')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'karat;smoke;help;providers' {
            break
        }
        'karat;smoke;help;help' {
            break
        }
        'karat;cache' {
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
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show its size, hits, and what they saved by run')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Make every kept reply stop answering; results stay')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove the texts of requests and replies of old runs')
            break
        }
        'karat;cache;stats' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show the newest N runs that saved something')
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
        'karat;cache;clear' {
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
        'karat;cache;prune' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Take runs that ended longer ago than this, such as 90d')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Use this project folder or karat.yaml [default: the nearest upward]')
            [CompletionResult]::new('--environment', '--environment', [CompletionResultType]::ParameterName, 'Apply this environment of karat.yaml')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep results in this file [config: store] [default: .karat/karat.db]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Choose when to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Tell what would go; change nothing')
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
            [CompletionResult]::new('prompt', 'prompt', [CompletionResultType]::ParameterValue, 'Version, check, release and roll back prompts')
            [CompletionResult]::new('mock', 'mock', [CompletionResultType]::ParameterValue, 'Answer as OpenAI, Anthropic and Gemini do, from recordings')
            [CompletionResult]::new('smoke', 'smoke', [CompletionResultType]::ParameterValue, 'Check quickly that something answers')
            [CompletionResult]::new('cache', 'cache', [CompletionResultType]::ParameterValue, 'Show what kept replies save, and let go of them')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'karat;help;eval' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List stored runs, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a stored run, or one case of it in full')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every trial of a stored run, to a file or stdout')
            [CompletionResult]::new('collect', 'collect', [CompletionResultType]::ParameterValue, 'Get what the batches of a run have brought by now')
            [CompletionResult]::new('calibrate', 'calibrate', [CompletionResultType]::ParameterValue, 'Compare the judges of a suite with labels of people')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look for checks that cannot fail, and what else weakens suites')
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
        'karat;help;eval;collect' {
            break
        }
        'karat;help;eval;calibrate' {
            break
        }
        'karat;help;eval;doctor' {
            break
        }
        'karat;help;prompt' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every prompt with its versions, labels and last result')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a prompt: variables, messages, parameters, labels, results, digest')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Start a new prompt: asks on a terminal, takes flags otherwise')
            [CompletionResult]::new('render', 'render', [CompletionResultType]::ParameterValue, 'Show what a prompt sends for some variables, with tokens and cost')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Check prompts for mistakes, injection risks and what models refuse')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what differs between two versions of a prompt, word by word')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'Freeze the draft of a prompt as a version')
            [CompletionResult]::new('label', 'label', [CompletionResultType]::ParameterValue, 'Set, move or remove a label of a prompt')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Point a label to what it pointed to before')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show releases and moves of labels with author, date and commit')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that every released version is what it was at its release')
            [CompletionResult]::new('resolve', 'resolve', [CompletionResultType]::ParameterValue, 'Show which version a reference means, with its digest and messages')
            [CompletionResult]::new('changed', 'changed', [CompletionResultType]::ParameterValue, 'Show prompts whose content changed since a git revision')
            [CompletionResult]::new('usage', 'usage', [CompletionResultType]::ParameterValue, 'Show which suites and other files use a prompt')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write a prompt in the format of another tool')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Read prompts of other tools into the registry')
            break
        }
        'karat;help;prompt;list' {
            break
        }
        'karat;help;prompt;show' {
            break
        }
        'karat;help;prompt;new' {
            break
        }
        'karat;help;prompt;render' {
            break
        }
        'karat;help;prompt;lint' {
            break
        }
        'karat;help;prompt;diff' {
            break
        }
        'karat;help;prompt;release' {
            break
        }
        'karat;help;prompt;label' {
            break
        }
        'karat;help;prompt;rollback' {
            break
        }
        'karat;help;prompt;history' {
            break
        }
        'karat;help;prompt;verify' {
            break
        }
        'karat;help;prompt;resolve' {
            break
        }
        'karat;help;prompt;changed' {
            break
        }
        'karat;help;prompt;usage' {
            break
        }
        'karat;help;prompt;export' {
            break
        }
        'karat;help;prompt;import' {
            break
        }
        'karat;help;mock' {
            break
        }
        'karat;help;smoke' {
            [CompletionResult]::new('providers', 'providers', [CompletionResultType]::ParameterValue, 'Call each model of the project once')
            break
        }
        'karat;help;smoke;providers' {
            break
        }
        'karat;help;cache' {
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show its size, hits, and what they saved by run')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Make every kept reply stop answering; results stay')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove the texts of requests and replies of old runs')
            break
        }
        'karat;help;cache;stats' {
            break
        }
        'karat;help;cache;clear' {
            break
        }
        'karat;help;cache;prune' {
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
