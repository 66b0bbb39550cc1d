using System.Text.RegularExpressions;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>The headers in kernels/cu/fusion.</summary>
public static partial class HeadersOfTheSdk
{
    // kernels/cu/README.md: each layer may include itself and those before it.
    private static readonly string[] Layers = ["base", "ptx", "comm", "norm", "quant", "allreduce", "collectives", "matmul"];

    private static readonly string Root = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");

    private static string[] All =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, "fusion"), "*.cuh", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    [Test]
    public static void IncludeTheirOwnLayerAndThoseBeforeIt()
    {
        Assert.That(All, Has.Length.GreaterThan(30));
        Assert.That(All.Select(Layer).Distinct(), Is.EquivalentTo(Layers), "each layer is in kernels/cu/README.md and here");
        var wrong =
            from header in All
            from Match include in Include().Matches(File.ReadAllText(Path.Combine(Root, header)))
            let included = include.Groups["path"].Value
            where !included.StartsWith("fusion/", StringComparison.Ordinal)
                || Array.IndexOf(Layers, Layer(included)) > Array.IndexOf(Layers, Layer(header))
            select $"{header} includes {included}";
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public static void ReachTheCheckOfTheArchitecture()
    {
        const string check = "fusion/base/architecture.cuh";
        var without = All.Where(header => !Closure(header).Contains(check));
        Assert.That(without, Is.Empty, "each would fail on an old architecture with errors of its own");
    }

    // The header and all that it includes.
    private static HashSet<string> Closure(string header)
    {
        var closure = new HashSet<string>();
        var left = new Stack<string>([header]);
        while (left.TryPop(out var next))
        {
            if (!closure.Add(next)) continue;
            foreach (Match include in Include().Matches(File.ReadAllText(Path.Combine(Root, next)))) left.Push(include.Groups["path"].Value);
        }

        return closure;
    }

    private static string Layer(string header) => header.Split('/')[1];

    [GeneratedRegex("""^\s*#\s*include\s*[<"](?<path>[^>"]+)""", RegexOptions.Multiline)]
    private static partial Regex Include();

    [TestFixture("11.8")]
    [TestFixture("12.4")]
    [Category("Nightly")]
    public sealed class Alone(string nvrtc) : NvrtcFixture(nvrtc)
    {
        [Test]
        public void CompileWithoutAWarningOnEachChip()
        {
            Project.Request.FusionIncludePath = Root;
            foreach (var header in All)
            {
                var name = header.Replace('/', '-');
                Project.Add($"{name}.cu", $"#include <{header}>\nextern \"C\" __global__ void alone() {{}}\n", "sm_80;sm_90");
            }

            var run = Project.Run().MustSucceed();

            Assert.That(run.Warnings, Is.Empty, run.ToString());
            Assert.That(run.Compiled, Has.Count.EqualTo(2 * All.Length));
        }
    }
}
