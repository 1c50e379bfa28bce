export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# Completion of gocli for bash. In ~/.bashrc: source <(gocli completion bash)
_gocli() {
  mapfile -t COMPREPLY < <(gocli completion candidates -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _gocli gocli
`;

const ZSH = `#compdef gocli
# Completion of gocli for zsh. In ~/.zshrc, after compinit: source <(gocli completion zsh)
_gocli() {
  local -a found
  found=("\${(@f)$(gocli completion candidates -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then
    compadd -a found
  else
    _files
  fi
}
# As a file of \$fpath this is the body of the function, and has to answer at its first call too.
if [[ "\${funcstack[1]}" = _gocli ]]; then _gocli "$@"; else compdef _gocli gocli; fi
`;

const FISH = `# Completion of gocli for fish. Save it as ~/.config/fish/completions/gocli.fish
function __gocli_candidates
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token)
    set -l found (gocli completion candidates -- $words[2..-1] "$current" 2>/dev/null)
    if set --query found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete --command gocli --no-files --arguments '(__gocli_candidates)'
`;

/** The script that makes a shell complete gocli's command lines; all of them ask gocli itself for the words. */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
