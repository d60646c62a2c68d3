/** The shells for which there is a script. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;

export type Shell = (typeof shells)[number];

/**
 * The script with which a shell completes the program `kubectl-serin`. Each asks the program itself by `__complete` and reads
 * the answer that complete.ts describes. After `kubectl serin`, kubectl's own completion asks instead (install.ts).
 */
export const scripts: Readonly<Record<Shell, string>> = {
  // Bash divides COMP_WORDS at "=" and ":", so the line itself is read.
  bash: `# To load it: source <(kubectl serin completion bash)
_kubectl_serin() {
    local line typed=\${COMP_LINE:0:COMP_POINT}
    local -a words
    read -ra words <<<"$typed"
    [[ $typed != *" " ]] || words+=("")
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :0) compopt -o default ;;
            :*) ;;
            *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
        esac
    done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
    [[ \${#COMPREPLY[@]} != 1 || \${COMPREPLY[0]} != *= ]] || compopt -o nospace
}
complete -F _kubectl_serin kubectl-serin
`,
  zsh: `#compdef kubectl-serin
# To load it: source <(kubectl serin completion zsh)
_kubectl_serin() {
    local line tab=$'\\t'
    local -a plain valued
    while IFS= read -r line; do
        case $line in
            :0) _files && return ;;
            :*) ;;
            *"=$tab"*) line=\${line//:/\\\\:}; valued+=("\${line/$tab/:}") ;;
            *) line=\${line//:/\\\\:}; plain+=("\${line/$tab/:}") ;;
        esac
    done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
    _describe 'kubectl serin' plain
    _describe 'kubectl serin' valued -S ''
}
compdef _kubectl_serin kubectl-serin
`,
  fish: `# To load it: kubectl serin completion fish | source
function __kubectl_serin
    set -l words (commandline -opc) "$(commandline -ct)"
    set -l answer ($words[1] __complete $words[2..] 2>/dev/null)
    if test "$answer[-1]" = :0
        __fish_complete_path "$words[-1]"
    else
        string match --invert --regex '^:' -- $answer
    end
end
complete --command kubectl-serin --no-files --arguments '(__kubectl_serin)'
`,
  // Before 7.3, PowerShell drops an empty argument unless it is quoted.
  powershell: `# To load it: kubectl serin completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'kubectl-serin' -ScriptBlock {
    param($word, $line, $position)
    $words = @($line.CommandElements | Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object { "$_" })
    $rest = @($words | Select-Object -Skip 1)
    if ($word -eq '') { $rest += $(if ($PSVersionTable.PSVersion -ge [version]'7.3') { '' } else { '""' }) }
    & $words[0] __complete @rest 2>$null | Where-Object { $_ -notmatch '^:' } | ForEach-Object {
        $offer, $help = $_ -split "\`t", 2
        if (-not $help) { $help = $offer }
        [System.Management.Automation.CompletionResult]::new($offer, $offer, 'ParameterValue', $help)
    }
}
`,
};
