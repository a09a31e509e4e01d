# Tab completion of hongxin for bash. Made by `hongxin completion bash`; do not edit.
_hongxin_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_hongxin_files() { compopt -o filenames; COMPREPLY=($(compgen "$1" -- "$cur")); }
_hongxin() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]}
  # tcp:// is split at its colons
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then _hongxin_words 'publish import watch case explain told list due silence stats check quarantine doctor export key audit identity erase hold trace verify rules apply route number onsite-code simulate demo completion help --version'; return; fi
  case $cmd:$prev in
    publish:--type) _hongxin_words 'REPORTED CLASS_SET ROUTED REJECTED HELD ARRIVED APPOINTED CLASS_PROPOSED CLASS_REFUSED WORK_STARTED PROGRESS PLAN_PROPOSED PLAN_DELIVERED RESOLVED CALLBACK_OK CALLBACK_BAD CALLBACK_NO_ANSWER REOPENED FORUM_HELD DESK_PRESENT SWAP_OFFERED SWAP_ACCEPTED SWAP_APPROVED SWAP_REFUSED COMMENT PARTY_ADDED PLAN_OBJECTED PAUSED RESUMED RETURN_REQUESTED RETURN_ACCEPTED RETURN_REFUSED ARBITRATED HOLDER_CHANGED WITHDRAW_ASKED WITHDRAW_CONFIRMED WITHDRAW_DENIED MERGED_INTO MERGE_APPROVED UNMERGED SPLIT SILENCED SILENCE_ENDED SUPERVISED SUPERVISE_ANSWERED ASSIST_ASKED ASSIST_ANSWERED ASSIST_DONE NOTICE_ACKED NOTICE_DELIVERED NOTICE_FAILED APPEALED EXCLUDED APPEAL_REFUSED DEADLINE_MOVED CLOCK_CORRECTED TRANSFERRED CONVERTED' ;;
    publish:--class) _hongxin_words 'EMERGENCY SMALL SERIOUS COMPLEX SPECIAL' ;;
    publish:--by) _hongxin_words 'reporter holder: manager: dispatcher: community: street: callback/' ;;
    publish:--proof) _hongxin_words 'CLAIM SYSTEM CALL_RECORD DEVICE_SIGNED ONSITE_CODE' ;;
    publish:--secret) _hongxin_files -f ;;
    publish:--file) _hongxin_files -f ;;
    publish:--csv) _hongxin_files -f ;;
    publish:--map) _hongxin_files -f ;;
    publish:--encoding) _hongxin_words 'auto UTF-8 GBK GB18030' ;;
    publish:--reject) _hongxin_files -f ;;
    publish:--checkpoint) _hongxin_files -f ;;
    import:--map) _hongxin_files -f ;;
    import:--format) _hongxin_words 'csv jsonl' ;;
    import:--encoding) _hongxin_words 'auto UTF-8 GBK GB18030' ;;
    import:--reject) _hongxin_files -f ;;
    import:--checkpoint) _hongxin_files -f ;;
    import:--config) _hongxin_files -d ;;
    watch:--class) _hongxin_words 'EMERGENCY SMALL SERIOUS COMPLEX SPECIAL' ;;
    watch:--level) _hongxin_words 'L0 L1 L2 L3 L4 L5' ;;
    watch:--facts) _hongxin_words 'REPLY STATE CLASS CLOCK BREACH BREACH_MARK NOTICE OWNER FLAG ALARM AUDIT CHECK_POINT RULES DELIVERY SWAP SILENCE' ;;
    watch:--from) _hongxin_words 'now oldest' ;;
    watch:--count) _hongxin_words '1 10 100' ;;
    watch:--for) _hongxin_words '10s 1min' ;;
    case:--secret) _hongxin_files -f ;;
    explain:--clock) _hongxin_words 'K_CITIZEN K_TRIAGE K_HANDOVER K_APPOINTMENT K_ARRIVE K_CONTACT K_RESOLVE K_PLAN K_PROMISE K_CALLBACK K_REOPEN_WINDOW K_UPDATE K_RETURN K_ARBITRATE K_PAUSE_MAX K_SUPERVISE K_ASSIST K_WITHDRAW K_STATUTE K_FORUM K_DELIVERY' ;;
    list:--state) _hongxin_words 'RECEIVED DISPATCHED HELD ONSITE IN_WORK PLANNED RESOLVED CLOSED CLOSED_UNCONFIRMED WITHDRAWN MERGED REJECTED TRANSFERRED' ;;
    list:--class) _hongxin_words 'EMERGENCY SMALL SERIOUS COMPLEX SPECIAL' ;;
    list:--level) _hongxin_words 'L0 L1 L2 L3 L4 L5' ;;
    list:--due-within) _hongxin_words '10min 30min 1h 1d' ;;
    list:--flag) _hongxin_words 'PAUSED SUPERVISED BREACHED MASS SAFETY REPEAT ARBITRATION SILENCED DRILL' ;;
    list:--limit) _hongxin_words '20 100 1000' ;;
    due:--within) _hongxin_words '10min 30min 2h 1d' ;;
    due:--by) _hongxin_words 'city street community grid holder' ;;
    due:--class) _hongxin_words 'EMERGENCY SMALL SERIOUS COMPLEX SPECIAL' ;;
    silence:--clock) _hongxin_words 'K_ARRIVE K_RESOLVE K_PLAN K_PROMISE K_UPDATE K_SUPERVISE K_STATUTE' ;;
    silence:--level) _hongxin_words 'L0 L1 L2 L3 L4 L5' ;;
    silence:--for) _hongxin_words '30min 2h 1d' ;;
    silence:--by) _hongxin_words 'street: city/' ;;
    check:--store) _hongxin_files -d ;;
    check:--config) _hongxin_files -d ;;
    quarantine:--limit) _hongxin_words '20 100 1000' ;;
    doctor:--store) _hongxin_files -d ;;
    doctor:--export) _hongxin_files -f ;;
    doctor:--config) _hongxin_files -d ;;
    doctor:--rules) _hongxin_files -f ;;
    doctor:--city) _hongxin_files -d ;;
    doctor:--key) _hongxin_files -f ;;
    export:--store) _hongxin_files -d ;;
    key:--registry) _hongxin_files -f ;;
    key:--roles) _hongxin_files -f ;;
    key:--role) _hongxin_words 'call_centre worker bridge board display company grid_member community street supervisor operator privacy_officer auditor' ;;
    key:--server) _hongxin_files -f ;;
    key:--out) _hongxin_files -f ;;
    audit:--act) _hongxin_words 'IDENTITY_READ IDENTITY_ERASED RESIDENT_FORGOTTEN IDENTITY_EXPIRED IDENTITY_HELD IDENTITY_RELEASED COPY_TRACED KEY_ADDED KEY_REVOKED RIGHTS_CHANGED DEVICE_ADDED DEVICE_REVOKED RULES_ASKED RULES_AGREED DAEMON_STARTED DAEMON_STOPPED DEADLINE_MOVED CLOCK_CORRECTED EXCLUDED UNMERGED SILENCED SILENCE_ENDED' ;;
    identity:--party) _hongxin_words '0 1 2' ;;
    verify:--segment) _hongxin_words '16384' ;;
    route:--class) _hongxin_words 'EMERGENCY SMALL SERIOUS COMPLEX SPECIAL' ;;
    route:--config) _hongxin_files -d ;;
    simulate:--config) _hongxin_files -d ;;
    simulate:--rows) _hongxin_files -f ;;
    demo:--minutes) _hongxin_words '1 2 5' ;;
    demo:--rate) _hongxin_words '1 2 5' ;;
    demo:--seed) _hongxin_words '1 2 3' ;;
    demo:--config) _hongxin_files -d ;;
    *:--endpoint) _hongxin_words 'tcp://127.0.0.1:54321' ;;
    *:--feed-endpoint) _hongxin_words 'tcp://127.0.0.1:54322' ;;
    *:--key) _hongxin_files -f ;;
    *:--timeout) _hongxin_words '5s 10s 30s 1min' ;;
    *:--utc-offset) _hongxin_words '+08:00 +00:00' ;;
    *:--color) _hongxin_words 'auto always never' ;;
    *) case $cmd in
      publish) _hongxin_words ' --type --case --ref --class --place --text --by --proof --at --drill --data --name --phone --address --secret --id --source --file --csv --map --encoding --reject --checkpoint --from-start --dry-run --unless-similar --endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      import) _hongxin_words ' --map --format --encoding --source --reject --checkpoint --from-start --dry-run --config --endpoint --key --timeout --zh --json --help'; [[ $cur == -* ]] || _hongxin_files -f ;;
      watch) _hongxin_words ' --place --holder --class --level --facts --to --from --no-snapshot --texts --count --for --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      case) _hongxin_words ' --history --texts --at --secret --source --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      explain) _hongxin_words ' --clock --at --source --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      told) _hongxin_words ' --texts --source --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      list) _hongxin_words ' --state --holder --place --class --level --due-within --flag --no-company --closed --limit --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      due) _hongxin_words ' --within --by --list --place --holder --class --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      silence) _hongxin_words ' --clock --level --for --until --why --by --place --holder --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      stats) _hongxin_words ' --place --holder --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      check) _hongxin_words ' --store --config --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      quarantine) _hongxin_words ' --open --limit --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      doctor) _hongxin_words ' --store --export --repair --dry-run --config --rules --city --key --endpoint --feed-endpoint --key --timeout --zh --json --help' ;;
      export) _hongxin_words ' --store --zh --json --help'; [[ $cur == -* ]] || _hongxin_files -f ;;
      key) _hongxin_words ' --registry --roles --role --area --source --tenant --server --out --zh --json --help' ;;
      audit) _hongxin_words ' --about --act --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      identity) _hongxin_words ' --reason --person --party --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      erase) _hongxin_words ' --reason --person --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      hold) _hongxin_words ' --reason --person --release --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      trace) _hongxin_words ' --reason --person --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      verify) _hongxin_words ' --public --pruned --segment --zh --json --help'; [[ $cur == -* ]] || _hongxin_files -f ;;
      rules) _hongxin_words ' --version --endpoint --feed-endpoint --key --timeout --zh --json --help' ;;
      apply) _hongxin_words ' --preview --ask --agree --by --why --only-new --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help'; [[ $cur == -* ]] || _hongxin_files -f ;;
      route) _hongxin_words ' --at --place --position --class --category --source --about --config --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      number) _hongxin_words ' --zh --json --help' ;;
      onsite-code) _hongxin_words ' --building --endpoint --feed-endpoint --key --timeout --zh --utc-offset --color --json --help' ;;
      simulate) _hongxin_words ' --config --prove --rows --until --texts --json'; [[ $cur == -* ]] || _hongxin_files -f ;;
      demo) _hongxin_words ' --minutes --rate --seed --config --all --zh --utc-offset --color --json --help' ;;
      completion) _hongxin_words ' --zh --json --help bash man' ;;
      help) _hongxin_words 'publish import watch case explain told list due silence stats check quarantine doctor export key audit identity erase hold trace verify rules apply route number onsite-code simulate demo completion ' ;;
    esac ;;
  esac
}
complete -F _hongxin hongxin
