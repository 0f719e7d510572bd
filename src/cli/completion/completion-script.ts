/** What a shell reads once; each Tab then asks `swarm completion words` for candidates. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish'): string {
  return SCRIPTS[shell];
}

const BASH = `_swarm() {
  local IFS=$'\\n'
  COMPREPLY=( $("\${COMP_WORDS[0]}" completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
}
complete -o bashdefault -o default -F _swarm swarm ./swarm
`;

const ZSH = `#compdef swarm
_swarm() {
  local -a found
  found=("\${(@f)$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _swarm swarm
`;

const FISH = `function __swarm_words
    set -l words (commandline -opc)
    set -e words[1]
    swarm completion words -- $words (commandline -ct) 2>/dev/null
end
complete -c swarm -a '(__swarm_words)'
`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
