// Renders templates of Modelfiles with Go's own text/template, over the fields that Ollama hands them, and writes
// go-templates.json beside this file. Run: go run test/golden/make-go-templates.go test/golden
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type golden struct {
	Template string    `json:"template"`
	Messages []message `json:"messages"`
	Rendered string    `json:"rendered"`
}

// Styles in which Modelfiles are written, and the corners of the language that they touch.
var templates = []string{
	"{{ range .Messages }}{{ if eq .Role \"system\" }}<|system|>\n{{ .Content }}<|end|>\n{{ else if eq .Role \"user\" }}<|user|>\n{{ .Content }}<|end|>\n{{ else }}<|assistant|>\n{{ .Content }}<|end|>\n{{ end }}{{ end }}<|assistant|>\n",
	"{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n",
	"{{ $previous := \"start\" }}{{ range .Messages }}{{ if eq .Role \"user\" }}{{ if eq $previous \"start\" }}A{{ else if eq $previous \"system\" }}B{{ else }}C{{ end }}{{ .Content }}{{ $previous = .Role }}{{ else if eq .Role \"assistant\" }} -> {{ .Content }}{{ $previous = .Role }}{{ else }}[{{ .Content }}]{{ $previous = .Role }}{{ end }}{{ end }}.",
	"  {{- if .System }}\n  sys: {{ .System }}\n  {{- end }}\n  {{ range .Messages -}}\n  {{ if or (eq .Role \"user\") (eq .Role \"assistant\") }}{{ .Content }};{{ end }}\n  {{- end }} tail ",
	"{{/* a remark */}}{{ if and .System (not .Response) }}{{ \"\\\"\\\"\\\" {{\\n\" }}{{ else }}{{ `raw {{` }}{{ end }}{{ $.Prompt }}",
	"{{ range $index, $message := .Messages }}{{ if ne .Role \"system\" }}<{{ .Role }}>{{ .Content }}{{ end }}{{ end }}",
	"{{ .Prompt }}",
}

var conversations = [][]message{
	{{"user", "hello"}},
	{{"system", "be\nbrief"}, {"user", "one \"two\""}, {"assistant", " three "}, {"user", "{{ four }}"}},
	{{"user", "a"}, {"user", "b"}, {"assistant", "c"}, {"user", "d <é>"}},
}

// As Ollama does: messages of one role in a row become one, and all system prompts are one field.
func fields(messages []message) map[string]any {
	var system []string
	var collated []*message
	for _, m := range messages {
		if m.Role == "system" {
			system = append(system, m.Content)
		}
		if n := len(collated); n > 0 && collated[n-1].Role == m.Role {
			collated[n-1].Content += "\n\n" + m.Content
		} else {
			one := m
			collated = append(collated, &one)
		}
	}
	last := messages[len(messages)-1]
	return map[string]any{
		"System": strings.Join(system, "\n\n"), "Messages": collated, "Prompt": last.Content, "Response": "",
	}
}

func main() {
	cases := []golden{}
	for _, source := range templates {
		parsed := template.Must(template.New("").Parse(source))
		for _, messages := range conversations {
			var text strings.Builder
			if err := parsed.Execute(&text, fields(messages)); err != nil {
				panic(err)
			}
			cases = append(cases, golden{source, messages, text.String()})
		}
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(cases); err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(os.Args[1], "go-templates.json"), []byte(out.String()), 0o644); err != nil {
		panic(err)
	}
}
