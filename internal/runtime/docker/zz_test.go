package docker
import ("testing";"os";"time";"fmt";"github.com/compose-spec/compose-go/v2/types";"github.com/ccdev/ccdev/internal/runtime";"strconv";"sort")
func TestZZ(t *testing.T) {
	e := connect(t)
	refs := map[string]string{}
	for n, f := range map[string]string{"orderer":"/tmp/fab/3.1.1/orderer","peer":"/tmp/fab/3.1.1/peer"} {
		refs[n]=unique("zz")+":1"
		t0 := time.Now()
		if err := e.Import(t.Context(), refs[n], tarOf(t, map[string]string{"bin/"+n:"@"+f}), runtime.ImageConfig{Entrypoint: []string{"/bin/"+n,"version"}, Labels: map[string]string{runtime.ImageLabel:"x"}}); err!=nil {t.Fatal(err)}
		fmt.Println("import", n, time.Since(t0))
		dropImage(t,e,refs[n])
	}
	refs["cc"]=unique("zz")+":1"
	if err := e.Import(t.Context(), refs["cc"], tarOf(t, map[string]string{"x":"y"}), runtime.ImageConfig{Entrypoint: []string{"/cc"}, Labels: map[string]string{runtime.ImageLabel:"x"}}); err!=nil {t.Fatal(err)}
	dropImage(t,e,refs["cc"])
	var fresh, noop, repl, rest, rm []time.Duration
	for range 7 {
		r, m := project(t, e)
		m.Services, m.Configs, m.Volumes = types.Services{}, types.Configs{"bin":{File:"/tmp/lab_svc"},"core":{Content:string(make([]byte,20000))}}, types.Volumes{"peer":{},"orderer":{}}
		for n := range refs {
			s := types.ServiceConfig{Name:n}
			s.Image=refs[n]
			if n=="cc" { mode:=types.FileMode(0o755); s.Configs=[]types.ServiceConfigObjConfig{{Source:"bin",Target:"/cc",Mode:&mode}} } else {
				s.Configs=[]types.ServiceConfigObjConfig{{Source:"core",Target:"/etc/fabric/core.yaml"}}
				s.Volumes=[]types.ServiceVolumeConfig{{Type:"volume",Source:n,Target:"/var/data"}}
				s.Ports=[]types.ServicePortConfig{{Target:7051,Published:strconv.Itoa(freePort(t))},{Target:9443,Published:strconv.Itoa(freePort(t))}}
				s.Entrypoint=[]string{"/cc"}; s.Entrypoint=nil
			}
			m.Services[n]=s
		}
		t0:=time.Now()
		if err:=r.Start(t.Context(), m); err!=nil {t.Fatal(err)}
		fresh=append(fresh,time.Since(t0))
		t0=time.Now()
		if err:=r.Start(t.Context(), m, "cc"); err!=nil {t.Fatal(err)}
		noop=append(noop,time.Since(t0))
		s:=m.Services["cc"]; s.Environment=types.NewMappingWithEquals([]string{"a=b"}); m.Services["cc"]=s
		t0=time.Now()
		if err:=r.Start(t.Context(), m, "cc"); err!=nil {t.Fatal(err)}
		repl=append(repl,time.Since(t0))
		t0=time.Now()
		if _,err:=r.Services(t.Context()); err!=nil {t.Fatal(err)}
		rest=append(rest,time.Since(t0))
		t0=time.Now()
		if err:=r.Remove(t.Context(), true); err!=nil {t.Fatal(err)}
		rm=append(rm,time.Since(t0))
	}
	for n,d := range map[string][]time.Duration{"fresh":fresh,"noop cc":noop,"replace cc":repl,"services":rest,"remove":rm} {
		sort.Slice(d, func(i,j int) bool {return d[i]<d[j]})
		fmt.Printf("%-12s min %v med %v max %v\n", n, d[0].Round(time.Millisecond/10), d[3].Round(time.Millisecond/10), d[6].Round(time.Millisecond/10))
	}
	_ = os.Args
}
