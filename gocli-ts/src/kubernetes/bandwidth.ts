/** Where the nodes have the program that their pods' network names. */
export const BANDWIDTH_PLUGIN = '/opt/cni/bin/gocli-bandwidth';

/**
 * The plugin for bandwidth with a burst by which limits act. containerd asks for one of 4 Gbit with each
 * (containerd/v2/internal/cri/server, toCNIBandWidth), which plugin and kernel count in 32 bits: with 1M the first 22 MB
 * would pass at once, with 8M 262 MB. It is a tenth of a second here, or one segment of 64 KiB where that is more: what is
 * larger than the burst would never pass. For a pod without an annotation, of which libcni says nothing, the plugin would
 * print what the one before it had as its result, which is all that this does then: keys are sorted (encoding/json).
 */
export const BANDWIDTH_SCRIPT = `#!/bin/sh
IFS= read -r config || :
case $CNI_COMMAND:$config in
  *'"runtimeConfig"'*) ;;
  ADD:*',"prevResult":{'*'},"type":"gocli-bandwidth"}')
    before='"prevResult":' after=',"type":"gocli-bandwidth"}'
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
exec /opt/cni/bin/bandwidth <<END
$config
END
`;
