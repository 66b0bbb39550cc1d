using System.Text.RegularExpressions;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Calls;

/// <summary><see cref="AllReduceVocabulary"/> against C#, the kernels and the pages.</summary>
public sealed class TheVocabulary
{
    [Test]
    public void HasTheConstantsOfTheRuntimeInTheirOrder()
    {
        Assert.That(Enum.GetNames<QuantizationKind>(),
            Is.EqualTo(AllReduceVocabulary.Quantizations.Select(row => row.Name).Prepend("None")));
        Assert.That(Enum.GetNames<ScaleLayout>(), Is.EqualTo(AllReduceVocabulary.Layouts.Select(row => row.Name)));
        Assert.That(Enum.GetNames<ElementType>(), Is.EqualTo(AllReduceVocabulary.Elements.Select(row => row.Name)));
        Assert.That(Enum.GetNames<NormKind>(), Is.EqualTo(AllReduceVocabulary.Norms.Select(row => row.Name).Distinct().Prepend("None")));
    }

    [TestCase("kernels/cu/fusion/quant/quant_kind.cuh", "QuantKind", typeof(QuantizationKind))]
    [TestCase("kernels/cu/fusion/allreduce/params.cuh", "NormKind", typeof(NormKind))]
    [TestCase("kernels/cu/fusion/quant/scale_layout.cuh", "ScaleLayout", typeof(ScaleLayout))]
    public void HasTheConstantsOfTheKernels(string header, string name, Type ofTheRuntime)
    {
        var body = Regex.Match(Repository.Read(header), $@"enum class {name}[^{{]*\{{(?<body>[^}}]*)\}}").Groups["body"].Value;
        var constants = Regex.Matches(body, @"(?<name>\w+) = (?<value>\d+)")
            .ToDictionary(match => match.Groups["name"].Value, match => int.Parse(match.Groups["value"].Value, null));

        Assert.That(constants, Is.EquivalentTo(Enum.GetNames(ofTheRuntime)
            .ToDictionary(constant => constant, constant => (int)Enum.Parse(ofTheRuntime, constant))));
    }

    [Test]
    public void HasTheLimitsOfTheKernels()
    {
        var ofTheKernels = Regex.Matches(Repository.Read("kernels/cu/fusion/base/limits.cuh"), @"^constexpr int k(?<name>\w+) = (?<value>\d+);",
            RegexOptions.Multiline).ToDictionary(match => match.Groups["name"].Value, match => int.Parse(match.Groups["value"].Value, null));

        Assert.That(ofTheKernels, Is.EquivalentTo(typeof(KernelLimits).GetFields()
            .ToDictionary(field => field.Name, field => (int)field.GetRawConstantValue()!)));
    }

    [Test]
    public void NamesEachQuantizationAsCallsHaveIt()
    {
        foreach (var row in AllReduceVocabulary.Quantizations)
        {
            var kind = Enum.Parse<QuantizationKind>(row.Name);
            Assert.That(AllReduceEpilogue.Parse(row.Word).Quantization, Is.EqualTo(kind));
            Assert.That(new AllReduceEpilogue { Quantization = kind, GroupSize = row.TakesGroup ? 128 : 0 }.ToString(), Is.EqualTo(row.Word));
        }

    }

    [Test]
    public void IsKnownToTheKernels()
    {
        var kinds = Repository.Read("kernels/cu/fusion/quant/quant_kind.cuh");
        var rows = Repository.Read("kernels/cu/fusion/quant/quantize_row.cuh");
        foreach (var row in AllReduceVocabulary.Quantizations)
        {
            Assert.That(rows, Does.Contain($"kind == QuantKind::{row.Name})"), "quantize_row");
            var bits = AllReduceVocabulary.Elements.Single(element => element.Word == row.Codes).Bits;
            Assert.That(ValueFor("code_bits", row.Name), Is.EqualTo($"{bits}"), row.Name);
            Assert.That(ValueFor("scale_block", row.Name), Is.EqualTo(row.Block == 0 ? "0" : $"k{row.Name}Block"), row.Name);
        }

        // The functions are chains of conditions: the value of a kind's own condition, or else the last one.
        string ValueFor(string function, string name)
        {
            var body = Regex.Match(kinds, $@"constexpr int {function}\(QuantKind kind\) \{{(?<body>[^}}]*)\}}").Groups["body"].Value;
            var own = Regex.Match(body, $@"QuantKind::{name} \? (?<value>\w+)");
            return own.Success ? own.Groups["value"].Value : Regex.Match(body, @":\s*(?<value>\w+);").Groups["value"].Value;
        }
    }

    [Test]
    public void IsOnThePageOfNumbers()
    {
        var text = Repository.Read("docs/numbers.md");
        foreach (var word in EpilogueWords.All.Where(word => word != EpilogueWords.None)) Assert.That(text, Does.Contain($"`{word}`"));
    }

    [Test]
    public void IsTheTableOfThePageOfNumbers()
    {
        var rows = AllReduceVocabulary.Quantizations.Select(row => string.Create(null,
            $"| `{row.Word}` | {row.Name} | {row.Codes} | {(row.Scales.Count == 0 ? "none" : string.Join(" or ", row.Scales))} | {Shared(row)} | {Said(row)} |"));

        Assert.That(Repository.Read("docs/numbers.md"), Does.Contain(string.Join('\n', rows)));

        static string Shared(QuantizationWord row) => row switch
        {
            { Scales.Count: 0 } => "the whole tensor",
            { TakesGroup: true } => "a group",
            { Block: > 0 } => $"{row.Block} elements",
            _ => "a token",
        };

        static string Said(QuantizationWord row) => row.Options == QuantizationOptions.None ? "nothing"
            : row.Options.ToString().ToLowerInvariant();
    }
}
