/** Name of the plugin, in the conflist and below /opt/cni/bin. */
export const POD_OPTIONS = 'gocli-pod-options';

/**
 * What only some pods ask for, host ports and bandwidth, in one plugin: a pod that asks for neither, of which libcni says
 * nothing, is set up without a further program; where it is taken down both are started. Each of the two would print
 * what the plugin before it had as its result, which is all that this does then: keys are sorted (encoding/json).
 *
 * Limits of bandwidth have a burst by which they act. containerd asks for one of 4 Gbit with each
 * (containerd/v2/internal/cri/server, toCNIBandWidth), which plugin and kernel count in 32 bits: with 1M the first 22 MB
 * would pass at once, with 8M 262 MB. It is a tenth of a second here, or one segment of 64 KiB where that is more: what is
 * larger than the burst would never pass.
 *
 * Images of before have no plugin for bandwidth.
 */
export const POD_OPTIONS_SCRIPT = `#!/bin/sh
IFS= read -r config || :
case $CNI_COMMAND:$config in
  *'"runtimeConfig"'*) ;;
  ADD:*',"prevResult":{'*'},"snat":true,"type":"${POD_OPTIONS}"}')
    before='"prevResult":' after=',"snat":true,"type":"${POD_OPTIONS}"}'
    result=\${config#*"$before"}
    printf '%s\\n' "\${result%"$after"}"
    exit
    ;;
esac
case $config in
  *'Burst":4294967295'*) config=$(printf '%s' "$config" | awk '{
    while (match($0, /gressRate":[1-9][0-9]*,"[A-Za-z]+gressBurst":4294967295/)) {
      head = substr($0, 1, RSTART - 1)
      pair = substr($0, RSTART, RLENGTH)
      tail = substr($0, RSTART + RLENGTH)
      rate = pair
      sub(/^[^0-9]*/, "", rate)
      burst = int(rate / 10)
      if (burst < 524288) burst = 524288
      if (burst > 4000000000) burst = 4000000000
      sub(/4294967295$/, sprintf("%.0f", burst), pair)
      $0 = head pair tail
    }
    print
  }') ;;
esac
plugin() {
  "/opt/cni/bin/$1" <<END
$config
END
}
# What was set up last goes first.
case $CNI_COMMAND in
  DEL) first=bandwidth last=portmap ;;
  *) first=portmap last=bandwidth ;;
esac
if [ -x /opt/cni/bin/bandwidth ]; then
  said=$(plugin "$first") || {
    code=$?
    [ -z "$said" ] || printf '%s\\n' "$said"
    exit "$code"
  }
else
  last=portmap
fi
plugin "$last"
`;
