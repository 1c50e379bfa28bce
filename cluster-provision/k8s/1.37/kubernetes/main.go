// Command kubernetes holds every Kubernetes program of a node in one binary. Which one runs is chosen by the
// name it is called by, so the programs share their common code on disk and in the page cache.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	// Time zones of CronJobs, also where an image or a machine has none, as in Kubernetes' own main functions.
	_ "time/tzdata"

	"github.com/spf13/cobra"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	controllers "k8s.io/controller-manager/app"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubeadmerrors "k8s.io/kubernetes/cmd/kubeadm/app/util/errors"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// serve runs a server program the way its own main function does and returns its exit code.
func serve(command func() *cobra.Command) func() int {
	return func() int { return cli.Run(command()) }
}

// newControllerManager waits for the API server before it becomes the controller manager, which starts at the same time
// and gives up after ten seconds (see WaitForAPIServer in its source): on a busy host each node would begin with a few
// restarts of it.
func newControllerManager() *cobra.Command {
	command := controllermanager.NewControllerManagerCommand()
	run := command.RunE
	command.RunE = func(cmd *cobra.Command, args []string) error {
		if kubeconfig := cmd.Flag("kubeconfig").Value.String(); kubeconfig != "" {
			if err := waitForAPI(kubeconfig); err != nil {
				return err
			}
		}
		return run(cmd, args)
	}
	return command
}

// waitForAPI returns when the API server of a kubeconfig is healthy. The kubelet's startup probe is less patient.
func waitForAPI(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	return controllers.WaitForAPIServer(client, 10*time.Minute)
}

// runKubeadm reports errors as kubeadm's own main function does: on stderr, with an exit code per kind of error.
func runKubeadm() int {
	kubeadmerrors.HandleError(kubeadm.Run())
	return 0
}

// runKubectl reports errors as kubectl does (plain text and its own exit codes), not as a server would.
func runKubectl() int {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
	return 0
}

var programs = map[string]func() int{
	"kube-apiserver":          serve(apiserver.NewAPIServerCommand),
	"kube-controller-manager": serve(newControllerManager),
	"kube-scheduler":          serve(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kube-proxy":              serve(proxy.NewProxyCommand),
	"kubelet":                 serve(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
	"kubeadm":                 runKubeadm,
	"kubectl":                 runKubectl,
}

func main() {
	name := filepath.Base(os.Args[0])
	program, ok := programs[name]
	if !ok {
		names := make([]string, 0, len(programs))
		for known := range programs {
			names = append(names, known)
		}
		slices.Sort(names)
		fmt.Fprintf(os.Stderr, "%q is not one of %s\n", name, strings.Join(names, ", "))
		os.Exit(2)
	}
	os.Exit(program())
}
