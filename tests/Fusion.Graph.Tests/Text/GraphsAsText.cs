using System.Xml.Linq;
using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Text;

public sealed class GraphsAsText
{
    [Test]
    public void BeforeAndAfter()
    {
        var report = Layers.Build(1, QuantizationKind.NvFp4).Fuse();
        Assert.That(report.Before.ToText().Split('\n'), Does.Contain("  %layers.0.attention_sum: bf16[tokens, 64] = all_reduce(%x) {group tp}")
            .And.Contain("  %layers.0.mlp_view: bf16[tokens, 64] = view(%layers.0.mlp_sum)"));
        Assert.That(report.After.ToText().Split('\n'), Does.Contain(
            "  %layers.0.attention_sum: bf16[tokens, 64], %layers.0.attention_quant: e2m1[tokens, 64], " +
            "%layers.0.attention_quant.scales: e4m3[tokens, 4] 128x4 = all_reduce+rmsnorm+nvfp4(%x, " +
            "gamma: %layers.0.attention_gamma, scale: %layers.0.attention_scale) {group tp, epsilon 1E-05}"));
    }

    [Test]
    public void AsMermaid()
    {
        var builder = new GraphBuilder("g");
        var chart = builder.Output("y\"", builder.Input("x", 64).AllReduce("a<b")).Build().ToMermaid();
        Assert.That(chart, Is.EqualTo("""
            flowchart TD
              i0(["x"])
              op0["all_reduce<br/>a&lt;b"]
              i0 -->|"input: bf16[tokens, 64]"| op0
              o0(["y&quot;"])
              op0 --> o0

            """));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void JsonReadBackIsTheSameGraph(int seed, byte size)
    {
        var before = RandomGraphs.Build(seed, 2 + (size % 40));
        foreach (var graph in new[] { before, before.Fuse().After })
        {
            var again = GraphJsonText.Parse(graph.ToJson());
            Assert.That(again.ToText(), Is.EqualTo(graph.ToText()));
            Assert.That(again.ToJson(), Is.EqualTo(graph.ToJson()));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 50)]
    public void APictureIsXmlInWhichBoxesLieApart(int seed, byte size)
    {
        var graph = RandomGraphs.Build(seed, 2 + (size % 40));
        XNamespace svg = "http://www.w3.org/2000/svg";
        var picture = XDocument.Parse(SvgWriter.Draw(("before & after", graph)));
        var boxes = picture.Descendants(svg + "rect").Skip(1)
            .Select(rect => new[] { "x", "y", "width", "height" }.Select(name => (double)rect.Attribute(name)!).ToArray()).ToArray();

        Assert.That(boxes, Has.Length.EqualTo(graph.Inputs.Length + graph.Ops.Length + graph.Outputs.Length));
        for (var i = 0; i < boxes.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (boxes[i], boxes[j]);
                var apart = a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
                Assert.That(apart, $"box {i} and box {j}");
            }
        }
    }

    [TestCase("""{ "name": "g", "ops": [], "outputs": {}, "schema": 2 }""", "field 'schema': 2 is not known")]
    [TestCase("""{ "name": "g", "ops": [] }""", "lacks 'outputs'")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": { "y": "x" } }""", "output 'y': it reads 'x', which is not defined before it")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": {}, "inputs": [ { "name": "x", "columns": 8, "type": "bf61" } ] }""", "type is 'bf61': expected bf16, f16,")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": {}, "inputs": [ { "name": "x", "columns": 8, "rows": "2*token" } ] }""", "rows are '2*token'")]
    [TestCase("""{ "name": "g", "ops": [], "inptus": [] }""", "line 1: there is no field 'inptus'; did you mean 'inputs'?")]
    [TestCase("{", "line 1")]
    [TestCase("null", "line 1: the graph: it is null: expected an object with schema, name,")]
    [TestCase("""{ "name": 3, "ops": [], "outputs": {} }""", "line 1: field 'name' of the graph: it is 3: expected a name")]
    [TestCase("{ \"name\": \"g\",\n\"ops\": [ {\n\"op\": \"residual\", \"nmae\": \"a\" } ], \"outputs\": {} }", "line 3: there is no field 'nmae'; did you mean 'name'?")]
    [TestCase("{ \"name\": \"g\", \"ops\": [ \n{ \"op\": \"residual\", \"name\": \"a\" } ], \"outputs\": {} }", "line 2: the op lacks 'inputs'")]
    [TestCase("""{ "name": "g", "name": "h", "ops": [], "outputs": {} }""", "field 'name' of the graph: it is there twice; keep one")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": { "y": "x", "y": "x" } }""", "field 'y' of 'outputs' of the graph: it is there twice")]
    [TestCase("""{ "name": "g", "ops": {}, "outputs": {} }""", "field 'ops' of the graph: it is {}: expected a list of ops")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": { "y": 1 } }""", "field 'y' of 'outputs' of the graph: it is 1: expected a string")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": {}, "inputs": [ { "name": "x", "columns": 8.5 } ] }""", "field 'columns' of the tensor: it is 8.5: expected a whole number")]
    [TestCase("""{ "name": "g", "ops": [], "outputs": {}, "inputs": [ { "name": "x", "columns": 99999999999 } ] }""", "field 'columns' of the tensor: it is 99999999999")]
    [TestCase("""{ "name": "", "ops": [], "outputs": {} }""", "field 'name' of the graph: it is \"\": expected a name")]
    public void AMistakeInJsonIsToldWithItsPlace(string json, string words)
    {
        var e = Assert.Throws<FusionDataException>(() => GraphJsonText.Parse(json, "g.json"))!;
        Assert.That(e.Message, Does.StartWith("FUSION5003: The graph 'g.json'").And.Contain(words));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public void WhateverAFileHasItIsAGraphOrAnErrorOfOurs(int seed)
    {
        string[] values = ["null", "-1", "0", "1e9", "99999999999999999999", "\"\"", "\" \"", "\"\\ud800\"", "[]", "{}", "[null]", "true", "\"x\"", "2147483647"];
        var random = new Random(seed);
        var json = RandomGraphs.Build(seed, 6).Fuse().After.ToJson();
        for (var change = random.Next(1, 3); change > 0; change--)
        {
            // A value, or a few letters.
            var found = System.Text.RegularExpressions.Regex.Matches(json, "(?<=: |\\[ *)(\"[^\"]*\"|[0-9.eE+-]+)");
            if (random.Next(3) > 0 && found.Count > 0)
            {
                var match = found[random.Next(found.Count)];
                json = json[..match.Index] + values[random.Next(values.Length)] + json[(match.Index + match.Length)..];
            }
            else
            {
                var at = random.Next(json.Length);
                json = json.Remove(at, Math.Min(random.Next(1, 6), json.Length - at));
            }
        }

        try
        {
            GraphJsonText.Parse(json).Fuse().ToText();
        }
        catch (FusionException e)
        {
            Assert.That(e.Code, Does.StartWith("FUSION5"));
        }
    }

    [Test]
    public void StepsInAnotherOrderAreRefused()
    {
        var json = Layers.Build(1, QuantizationKind.None).Fuse().After.ToJson()
            .Replace("all_reduce+rmsnorm\"", "rmsnorm+all_reduce\"", StringComparison.Ordinal);
        Assert.That(() => GraphJsonText.Parse(json), Throws.TypeOf<FusionDataException>().With.Message.Contains("those of 'all_reduce+rmsnorm'"));
    }
}
