import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './_bench.ts';

/** Files by path below a checkout. */
export type CheckoutFiles = Readonly<Record<string, string>>;

const GO_MOD = (version: string): string => `module gocli.io/k8s/x

go 1.26.0

require (
	github.com/spf13/cobra v1.10.2
	k8s.io/client-go v0${version.slice(1)}
	k8s.io/kubernetes v${version}
)

replace k8s.io/client-go => k8s.io/client-go v0${version.slice(1)}

tool k8s.io/kubernetes/cmd/kubectl
`;

/** A provider that says all itself, and one that extends it. */
export const FILES: CheckoutFiles = {
  'CHANGELOG.md': '# Changelog\n\n## Unreleased\n\nNews.\n\n- Older.\n',
  'cluster-up/cluster/k8s-1.36/provider.sh': '# Kubernetes 1.36\n',
  'cluster-up/cluster/k8s-1.37/provider.sh': '# Kubernetes 1.37\n',
  'cluster-provision/guest/debian-13/packages': '',
  'cluster-provision/components/etcd/go.mod':
    'module gocli.io/components/etcd\n\ngo 1.26.0\n\ntool go.etcd.io/etcd/server/v3\n\nrequire go.etcd.io/etcd/server/v3 v3.6.8\n',
  'cluster-provision/components/etcd/go.sum': '',
  'cluster-provision/k8s/1.36/kubernetes/go.mod': GO_MOD('1.36.3'),
  'cluster-provision/k8s/1.36/kubernetes/go.sum': '',
  'cluster-provision/k8s/1.36/kubernetes/main.go': 'package main\n',
  'cluster-provision/k8s/1.36/provision.sh': '',
  'cluster-provision/k8s/1.36/pre-pull-images': 'docker.io/library/nginx:1.29\n',
  'cluster-provision/k8s/1.36/manifests/10-web.yaml': `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: nginx:1.29
`,
  'cluster-provision/k8s/1.36/provider.yaml': `apiVersion: gocli.io/v1
kind: Provider
name: k8s-1.36
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 3072M, disk: 20G }
kubernetes:
  version: 1.36.3 # see kubernetes/go.mod
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/12
components:
  - name: kubernetes
  - name: etcd
  - { name: pause, c: { from: kubernetes, module: k8s.io/kubernetes, file: build/pause.c, version: v3.10.2 } }
images:
  - name: registry.k8s.io/kube-apiserver:v1.36.3
    programs: [kubernetes]
  - name: registry.k8s.io/etcd:3.6.8-0
    programs: [etcd]
  - name: registry.k8s.io/pause:3.10.2
    programs: [pause]
`,
  'cluster-provision/k8s/1.37/kubernetes/go.mod': GO_MOD('1.37.2'),
  'cluster-provision/k8s/1.37/kubernetes/go.sum': '',
  'cluster-provision/k8s/1.37/provider.yaml': `apiVersion: gocli.io/v1
kind: Provider
name: k8s-1.37
extends: k8s/1.36
kubernetes: { version: 1.37.2 }
tags:
  registry.k8s.io/kube-apiserver: v1.37.2
`,
};

/** Writes a checkout of these files into a folder of its own. @returns its path */
export async function checkoutOf(t: ExecutionContext, changed: CheckoutFiles = {}): Promise<string> {
  const root = await temporaryFolder(t);
  for (const [path, text] of Object.entries({ ...FILES, ...changed })) await writeBelow(root, path, text);
  return root;
}

export async function writeBelow(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** The same with one part of it replaced, which must be there. */
export function replaced(path: string, from: string, to: string): CheckoutFiles {
  const text = FILES[path] ?? '';
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  return { [path]: text.replace(from, to) };
}
