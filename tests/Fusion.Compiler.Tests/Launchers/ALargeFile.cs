using System.Globalization;
using System.Text;
using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

internal sealed class ALargeFile : LauncherTest
{
    private const int Kernels = 3000;

    [Test]
    [CancelAfter(60_000)]
    [Category("Nightly")]
    public void HasALauncherForEachOfItsThousandsOfKernels()
    {
        var source = new StringBuilder("struct P { float scale; int n; };\n#define ADD(T, NAME) extern \"C\" __global__ void NAME(T* x, P p) { x[threadIdx.x] += p.scale; }\n");
        for (var i = 0; i < Kernels; i++)
        {
            source.Append(i % 2 == 0 ? $"ADD(float, k{i})\n" : $"extern \"C\" __global__ void k{i}(double* x, P p) {{\n");
            if (i % 2 == 0) continue;
            for (var line = 0; line < 24; line++) source.Append(CultureInfo.InvariantCulture, $"  if (threadIdx.x > {line}) x[threadIdx.x + {line}] *= p.n + {i};\n");
            source.Append("}\n");
        }

        Assert.That(source.Length, Is.GreaterThan(1_900_000));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var launchers = Read(source.ToString());

        Assert.That(launchers, Has.Count.EqualTo(Kernels));
        Assert.That(launchers.All(launcher => launcher.Parameters is { Count: 2 } list && list[1].CSharp.CSharp == "Types.P"), Is.True);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2L << 30));
        var text = LauncherWriter.Write(ClassNames.Assign(launchers, "Kernels"), [], TypeNames.All, "App", "Kernels", 14);
        Assert.That(text, Does.Contain("class K2999"));
    }
}
