using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>The headers in kernels/compat.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class HeadersPeopleInclude(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string ForTheHost = "// Empty: what this header declares is for the host";
    private static readonly string Root = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "compat");

    // Those that people may name; what lies in fusion_compat is a part of them.
    private static string[] All =>
    [
        .. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(name => name != "README.md" && !name.StartsWith("fusion_compat/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private string Architectures => Nvrtc == "11.8" ? "sm_80;sm_90;compute_80" : "sm_80;sm_90a;compute_80";

    [SetUp]
    public void HaveTheHeaders() => Project.Request.FusionIncludePath = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");

    [Test]
    [Category("Nightly")]
    public void CompileAloneAndTwiceWithoutAWarning()
    {
        var withCode = All.Where(header => !IsForTheHost(header)).ToArray();
        Assert.That(withCode, Has.Length.GreaterThan(60));
        foreach (var header in withCode)
            Project.Add($"{header.Replace('/', '_')}.cu", $"#include <{header}>\n#include <{header}>\n{KernelProject.Simple}", Architectures);
        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }

    [Test]
    public void GoTogether()
    {
        Project.Add("all.cu", string.Concat(All.Select(header => $"#include <{header}>\n")) + KernelProject.Simple, Architectures);
        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }

    [Test]
    public void HaveTheOffsetsOfMembers()
    {
        Project.Add("a.cu", "#include <stddef.h>\nstruct P { char c; int n; };\nstatic_assert(offsetof(P, n) == 4, \"\");\n__global__ void k(P p) {}\n");
        Project.Run().MustSucceed();
    }

    [Test]
    public void ComeAfterAHeaderOfTheProject()
    {
        Project.Write("include/stdint.h", "#pragma once\n#define OURS 1\n");
        Project.Add("a.cu", $"#include <stdint.h>\n#if !OURS\n#error another\n#endif\n{KernelProject.Simple}")["IncludePaths"] = "include";
        Project.Add("b.cu", $"#include <stdint.h>\n#if !OURS\n#error another\n#endif\n{KernelProject.Simple}")["AdditionalOptions"] = "-I;include";
        Project.Run().MustSucceed();
    }

    [Test]
    public void MayBeWrappedByAHeaderOfTheSameName()
    {
        Project.Write("include/cuda_fp16.h", "#pragma once\n#include_next <cuda_fp16.h>\n#define WRAPPED 1\n");
        var kernel = Project.Add("a.cu", "#include <cuda_fp16.h>\n#if !WRAPPED\n#error bare\n#endif\n__global__ void k(half* x) { *x = __hadd(*x, *x); }\n");
        kernel["IncludePaths"] = "include";
        Project.Run().MustSucceed();
    }

    private static bool IsForTheHost(string header) => File.ReadAllText(Path.Combine(Root, header)).Contains(ForTheHost, StringComparison.Ordinal);
}
