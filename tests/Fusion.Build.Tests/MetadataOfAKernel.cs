using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Each kind of metadata, given as a property for all kernels or as metadata of one.</summary>
[TestFixture("property")]
[TestFixture("item")]
public sealed class MetadataOfAKernel(string way) : SharedConsumer
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Architectures"] = "sm_90;compute_90",
        ["Defines"] = "CHOICE=chosen;SECOND",
        ["IncludePaths"] = "headers/second;headers/third",
        ["Std"] = "c++20",
        ["MaxRegisters"] = "40",
        ["FastMath"] = "true",
        ["LineInfo"] = "true",
        ["NameExpressions"] = "scale&lt;float&gt;;scale&lt;int&gt;",
        ["AdditionalOptions"] = "--fmad=false",
    };

    private const string Source = """
        #include <where.cuh>
        #define JOIN(a, b) a##b
        #define NAMED(a, b) JOIN(a, b)
        #ifndef CHOICE
        #define CHOICE none
        #endif
        extern "C" __global__ void NAMED(std_, __cplusplus)() {}
        extern "C" __global__ void NAMED(define_, CHOICE)() {}
        extern "C" __global__ void NAMED(header_, WHERE)() {}
        #ifdef SECOND
        extern "C" __global__ void second_define() {}
        #endif
        extern "C" __global__ void root(float* out, float x) { out[0] = sqrtf(x); }
        extern "C" __global__ void multiply_add(float* out, float a, float b) { out[0] = a * b + out[1]; }
        template <typename T> __global__ void scale(T* data, T factor) { data[threadIdx.x] *= factor; }
        extern "C" __global__ void hungry(float* data, int n) {
          float v[100];
          #pragma unroll
          for (int i = 0; i < 100; i++) v[i] = data[i * n];
          __syncthreads();
          #pragma unroll
          for (int i = 0; i < 100; i++) data[(99 - i) * n] = v[i];
        }
        """;

    private protected override Consumer Create()
    {
        var set = string.Concat(Settings.Select(s => way == "property"
            ? $"<Fusion{s.Key}>{s.Value}</Fusion{s.Key}>"
            : $"<{s.Key}>{s.Value}</{s.Key}>"));
        // What holds for the other kernel: its own metadata wins over properties, and defaults hold without any.
        const string Other = "<FusionKernel Update=\"other.cu\" Architectures=\"compute_80\" IncludePaths=\"headers/first\"";
        var consumer = new Consumer(way == "property"
            ? Projects.Library(set, Other + """
                 Defines="" Std="c++17" MaxRegisters="" FastMath="false" LineInfo="false" NameExpressions="" AdditionalOptions="" />
                """).Replace("<FusionArchitectures>sm_80</FusionArchitectures>", "", StringComparison.Ordinal)
            : Projects.Library(items: $"""<FusionKernel Update="probe.cu">{set}</FusionKernel>{Other} />"""));
        foreach (var folder in new[] { "first", "second", "third" })
            consumer.Write($"headers/{folder}/where.cuh", $"#define WHERE {folder}\n");
        consumer.Write("probe.cu", Source).Write("other.cu", Source);
        consumer.Build().MustSucceed();
        return consumer;
    }

    [Test]
    public void Architectures() => Assert.That(
        Consumer.Images, Is.EqualTo(["other.compute_80.ptx", "probe.compute_90.ptx", "probe.sm_90.cubin"]));

    [Test]
    public void Defines()
    {
        Assert.That(Probe, Does.Contain(".entry define_chosen(").And.Contain(".entry second_define("));
        Assert.That(Other, Does.Contain(".entry define_none(").And.Not.Contain("second_define"));
    }

    [Test]
    public void IncludePathsInTheirOrder()
    {
        Assert.That(Probe, Does.Contain(".entry header_second("));
        Assert.That(Other, Does.Contain(".entry header_first("));
    }

    [Test]
    public void StdWhichIsCxx17ByDefault()
    {
        Assert.That(Probe, Does.Contain(".entry std_202002L("));
        Assert.That(Other, Does.Contain(".entry std_201703L("));
    }

    [Test]
    public void MaxRegisters()
    {
        Assert.That(Registers("probe"), Is.LessThanOrEqualTo(40));
    }

    [Test]
    public void FastMath()
    {
        Assert.That(Probe, Does.Contain("sqrt.approx.ftz.f32"));
        Assert.That(Other, Does.Contain("sqrt.rn.f32"));
    }

    [Test]
    public void LineInfo()
    {
        Assert.That(Probe, Does.Contain(".loc"));
        Assert.That(Other, Does.Not.Contain(".loc"));
    }

    [Test]
    public void NameExpressions()
    {
        Assert.That(Consumer.Built.KernelNames("probe"), Does.Contain("scale<float>").And.Contain("scale<int>"));
        Assert.That(Consumer.Built.KernelNames("other"), Has.None.Contain("scale"));
    }

    [Test]
    public void AdditionalOptions()
    {
        Assert.That(Probe, Does.Not.Contain("fma.rn"));
        Assert.That(Other, Does.Contain("fma.rn"));
    }

    private string Probe => File.ReadAllText(Consumer.ImagePath("probe.compute_90.ptx"));

    private string Other => File.ReadAllText(Consumer.ImagePath("other.compute_80.ptx"));

    private int? Registers(string module) => Consumer.Built.Module(module).Images
        .Single(image => image.Kind == Manifest.ImageKind.Cubin).Kernels.Single(kernel => kernel.Name == "hungry").Registers;
}
