// Command verifydraw repeats a published draw from its bundle alone and names
// the first difference. It needs no database, no network and nothing but the
// standard library; docs/spec/draw-v1.md is what it implements.
//
//	verifydraw [-key HEX] [-json] BUNDLE
//	verifydraw [-key HEX] [-json] TOPUP EARLIER…
//	verifydraw receipt [-key HEX] [-json] RECEIPT [BUNDLE]
//	verifydraw annex [-key HEX] [-json] BUNDLE ANNEX
//	verifydraw extract BUNDLE DIRECTORY
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gongping/survey/draw/verify"
)

const usage = `verifydraw repeats a published draw. 核验公开的抽样。

  verifydraw [-key HEX] [-json] BUNDLE           repeat the draw 重算抽样
  verifydraw [-key HEX] [-json] TOPUP EARLIER…   and check that a top-up keeps out whom the round's earlier
                                                 draws hold, nobody else 并核对补充抽样只排除先前各次抽中的人
  verifydraw receipt [-key HEX] [-json] RECEIPT [BUNDLE]
                                                 check one person's receipt 核验个人凭证
  verifydraw annex [-key HEX] [-json] BUNDLE ANNEX
                                                 where units are households: open every household and repeat
                                                 who of it was drawn (auditors) 两阶段抽样：逐户核对户内抽中的人（审计员）
  verifydraw extract BUNDLE DIRECTORY            split the bundle into its files 拆出各文件

-key HEX   accept only this signing key (64 hexadecimal digits) 只接受此签名公钥
-json      print one JSON object 输出 JSON

Exit status: 0 everything agrees 一致, 1 a difference was found 不一致, 2 wrong use or unreadable file 用法或读取错误.
`

// The exit statuses.
const (
	exitSame, exitDifferent, exitUsage = 0, 1, 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errOut io.Writer) int {
	command := "verify"
	if len(args) > 0 && (args[0] == "receipt" || args[0] == "extract" || args[0] == "annex") {
		command, args = args[0], args[1:]
	}
	fs := flag.NewFlagSet("verifydraw", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	key := fs.String("key", "", "")
	asJSON := fs.Bool("json", false, "")
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		return exitSame
	}
	n := fs.NArg()
	ok := map[string]bool{"verify": n >= 1, "receipt": n == 1 || n == 2, "extract": n == 2, "annex": n == 2}[command]
	if err != nil || !ok {
		fmt.Fprint(errOut, usage)
		return exitUsage
	}
	*key = strings.ToLower(strings.TrimSpace(*key))
	if b, err := hex.DecodeString(*key); err != nil || *key != "" && len(b) != 32 {
		fmt.Fprintf(errOut, "-key is no key 公钥格式不对: %q, expected 64 hexadecimal digits 应为64位十六进制数\n", *key)
		return exitUsage
	}
	var result any
	switch command {
	case "verify":
		result, err = verifyFile(fs.Arg(0), *key, fs.Args()[1:]...)
	case "receipt":
		result, err = checkReceipt(fs.Arg(0), fs.Arg(1), *key)
	case "annex":
		result, err = openAnnex(fs.Arg(0), fs.Arg(1), *key)
	case "extract":
		err = extract(fs.Arg(0), fs.Arg(1))
	}
	return tell(result, err, *asJSON, out, errOut)
}

// tell prints the result or the first difference.
func tell(result any, err error, asJSON bool, out, errOut io.Writer) int {
	var f *verify.Fault
	different := errors.As(err, &f)
	if asJSON {
		answer := map[string]any{"agrees": err == nil, "result": result}
		if different {
			answer["check"], answer["detail"] = f.Check, f.Detail
		} else if err != nil {
			answer["detail"] = err.Error()
		}
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		e.Encode(answer)
	}
	switch {
	case different:
		fmt.Fprintf(errOut, "DIFFERENT 不一致\nfirst difference 第一处不同 — %s: %s\n", f.Check, f.Detail)
		return exitDifferent
	case err != nil:
		fmt.Fprintf(errOut, "cannot check 无法核验: %v\n", err)
		return exitUsage
	}
	if !asJSON {
		print(out, result)
	}
	return exitSame
}

func print(out io.Writer, result any) {
	if a, ok := result.(*verify.AnnexReport); ok {
		print(out, a.Report)
		fmt.Fprintf(out, "  %-28s %v\n  %-28s %v\n", "households opened 已打开户数", a.Households, "drawn in them 户内抽中", a.Drawn)
		return
	}
	fmt.Fprintln(out, "AGREES 一致")
	line := func(name string, value any) { fmt.Fprintf(out, "  %-28s %v\n", name, value) }
	switch r := result.(type) {
	case *verify.Report:
		line("purpose 用途", r.Purpose+" ("+r.Kind+")")
		line("frame 抽样框", r.Frame)
		line("frame digest 摘要", r.FrameDigest)
		if r.Households {
			line("persons 人数", r.Persons)
			line("digest of persons 人员摘要", r.PersonsDigest)
			fmt.Fprintln(out, "  The units are households where two stages are drawn: who of a household was drawn is checked with the annex or a receipt.\n"+
				"  两阶段抽样的层以户为单元：户内抽中哪一位，凭审计附件或个人凭证核对。")
		}
		line("units 单元数", r.Units)
		line("had a chance 有机会入样", r.Scope)
		line("excluded 已在先前样本中", r.Excluded)
		line("had none 没有机会", r.Units-r.Scope-r.Excluded)
		line("committed 承诺于", r.CommittedAt)
		line("randomness 随机来源", r.Randomness)
		line("seed 种子", r.Seed)
		line("revealed 揭示于", r.RevealedAt)
		line("evidence 证据", r.Evidence)
		line("strata 层数", r.Strata)
		line("sample, reserves 样本、备用", fmt.Sprint(r.Sample, ", ", r.Reserve))
		line("signed by 签名公钥", r.PublicKey)
		line("draw digest 抽样摘要", r.DrawDigest)
	case *receiptResult:
		line("frame 抽样框", r.Receipt.Frame)
		line("frame digest 摘要", r.Receipt.FrameDigest)
		line("frame id 编号", r.Receipt.FrameID)
		if r.Person != nil {
			line("stratum 层", r.Person.Stratum)
			line("ticket 抽签号", r.Person.Ticket)
			if r.Person.Household != "" {
				line("household 户", r.Person.Household)
				line("household's role 本户结果", r.Person.HouseholdRole)
				line("your place in it 户内序号", fmt.Sprintf("%d / %d", r.Person.Place, r.Person.Members))
			}
			line("role 结果", fmt.Sprintf("%s %d", r.Person.Role, r.Person.Order))
			line("probability 入样概率", r.Person.Probability)
		} else {
			fmt.Fprintln(out, "Compare the frame digest with the published commitment. 请与公布的承诺书核对摘要。")
		}
	}
}

// verifyFile verifies a bundle; with earlier bundles it is a top-up's.
func verifyFile(path, key string, earlier ...string) (*verify.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if len(earlier) == 0 {
		return verify.Bundle(f, key)
	}
	var before []io.Reader
	for _, name := range earlier {
		e, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer e.Close()
		before = append(before, e)
	}
	return verify.TopUp(f, key, before...)
}

// openAnnex verifies a bundle and opens its households with the annex.
func openAnnex(bundle, annex, key string) (*verify.AnnexReport, error) {
	f, err := os.Open(bundle)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := os.Open(annex)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return verify.Annex(f, key, a)
}

// receiptResult is what is known of the holder of a receipt.
type receiptResult struct {
	Receipt *verify.Receipt
	Person  *verify.Person `json:",omitempty"`
}

func checkReceipt(path, bundle, key string) (*receiptResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, err
	}
	r, err := verify.ReadReceipt(text)
	if err != nil || bundle == "" {
		return &receiptResult{Receipt: r}, err
	}
	rep, err := verifyFile(bundle, key)
	if err != nil {
		return nil, err
	}
	p, err := rep.Find(r)
	return &receiptResult{r, p}, err
}

// extract writes the sections as files into a new or empty directory.
func extract(bundle, dir string) error {
	in, err := os.Open(bundle)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var open []*os.File
	err = verify.Extract(in, func(name string) (io.Writer, error) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			open = append(open, f)
		}
		return f, err
	})
	for _, f := range open {
		err = errors.Join(err, f.Close())
	}
	return err
}
