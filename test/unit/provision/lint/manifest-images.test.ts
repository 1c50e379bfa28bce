import test from 'ava';
import { imagesIn } from '../../../../gocli-ts/src/provider/manifest-text.ts';
import { fullName, missingImages } from '../../../../gocli-ts/src/provision/lint/manifest-images.ts';

test('images are found in every form that a manifest may have, with their place', (t) => {
  const text = `spec:
  containers:
    - name: a
      image: nginx:1
    - image: "quay.io/a/b@sha256:${'0'.repeat(64)}"
    - { name: c, image: registry.k8s.io/c:2 }
  # image: not/this:1
data:
  pod: |
    containers: [{ "image": "localhost/d:1" }]
  crd:
    image: { type: string }
    image:
    imagePullPolicy: Always
    image: \${IMAGE}
`;
  t.deepEqual(
    imagesIn(text).map(({ image, line, column }) => `${line}:${column} ${image.slice(0, 20)}`),
    ['4:14 nginx:1', '5:15 quay.io/a/b@sha256:0', '6:25 registry.k8s.io/c:2', '10:30 localhost/d:1'],
  );
});

test('a reference is the same with and without what may be left out', (t) => {
  const names: [string, string][] = [
    ['busybox', 'docker.io/library/busybox:latest'],
    ['rancher/x:1', 'docker.io/rancher/x:1'],
    ['localhost/busybox:1.37', 'localhost/busybox:1.37'],
    ['registry:5000/a', 'registry:5000/a:latest'],
    ['quay.io/a/b@sha256:0', 'quay.io/a/b@sha256:0'],
  ];
  for (const [image, full] of names) t.is(fullName(image), full);
});

test('what is built, pre-pulled or pushed into the registry of the cluster is not missing; all others are named', (t) => {
  const text =
    'image: nginx:1\nimage: registry:5000/mine:1\nimage: gone:1\nimage: quay.io/a/b:2\nimage: quay.io/a/b:1\n';
  const found = missingImages(text, 'f', ['docker.io/library/nginx:1', 'quay.io/a/b:1']);
  t.deepEqual(
    found.map(({ line, column, text: what }) => `${line}:${column} ${what.split('.')[0] ?? ''}`),
    ['3:8 no node has the image gone:1', '4:8 no node has the image quay'],
  );
  t.true(found[1]?.text.includes('Did you mean "quay.io/a/b:1"?'));
});
