/** Shell script that writes the files that {@link filesInput} put into its input, and makes their folders. */
export const PUT_FILES = `set -eu
while read -r path text; do
  mkdir -p "\${path%/*}"
  echo "$text" | base64 -d >"$path"
done`;

/** Input of {@link PUT_FILES}: texts by absolute path, one line each, so that one session writes all of them. */
export function filesInput(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([path, text]) => `${path} ${Buffer.from(text).toString('base64')}\n`)
    .join('');
}
