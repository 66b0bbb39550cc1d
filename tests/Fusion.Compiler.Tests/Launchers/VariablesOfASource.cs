using Fusion.Build.Contract;
using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

internal sealed class VariablesOfASource
{
    [TestCase("__constant__ float weights[9];", "GlobalVariable<float> Weights")]
    [TestCase("__device__ unsigned long long hit_count;", "GlobalVariable<ulong> HitCount")]
    [TestCase("__constant__ my::P settings;", "GlobalVariable<MyApp.P> Settings")]
    [TestCase("__device__ float* rows[4];", "GlobalVariable<DevicePointer<float>> Rows")]
    [TestCase("__constant__ int to_string, equals;", "GlobalVariable<int> ToStringVariable; GlobalVariable<int> EqualsVariable")]
    [TestCase("namespace a { __constant__ int x; } namespace b { __constant__ int x; } __device__ int y;",
        "GlobalVariable<int> AX; GlobalVariable<int> BX; GlobalVariable<int> Y")]
    [TestCase("__device__ int a_b, a__b;", "GlobalVariable<int> AB; GlobalVariable<int> AB_2")]
    public void HaveAccessors(string source, string expected) => Assert.That(Read(source), Is.EqualTo(expected));

    [TestCase("__constant__ Unknown x;")]
    [TestCase("__constant__ Raw x;")]
    [TestCase("__device__ const float x = 2;")]
    [TestCase("#if A\n__constant__ float x[4];\n#else\n__constant__ double x[4];\n#endif")]
    [TestCase("#define NAME x\n__constant__ float NAME[4];")]
    [TestCase("#define float bf16\n__constant__ float x[4];")]
    public void ThatCSharpCannotFillHaveNone(string source) => Assert.That(Read(source), Is.Empty);

    [Test]
    public void AreInTheGeneratedFile()
    {
        var folder = Directory.CreateTempSubdirectory("fusion-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "k.cu"),
                "/// The <taps>.\n__constant__ float taps[9];\nnamespace my { __device__ P p; }\n__global__ void globals() {}\n");
            var request = new LauncherRequest
            {
                ProjectDirectory = folder,
                OutputFile = Path.Combine(folder, "out.cs"),
                StateFile = Path.Combine(folder, "state"),
                Namespace = "",
                ClassName = "Kernels",
            };
            request.Types.Add(new("my::P", "MyApp.P"));
            request.Kernels.Add(new KernelRequest { Source = "k.cu", Name = "kernels/k" });

            Assert.That(new LauncherRun(request, _ => { }).Run(), Is.True);

            var text = File.ReadAllText(request.OutputFile).Replace("global::Fusion.Runtime.", "");
            Assert.That(text, Does.Contain("new VariableDeclaration(\"kernels/k\", \"taps\", \"float[9]\", 4, 9),"));
            Assert.That(text, Does.Contain(
                "new VariableDeclaration(\"kernels/k\", \"my::p\", \"P\", global::System.Runtime.CompilerServices.Unsafe.SizeOf<global::MyApp.P>(), 1),"));
            Assert.That(text, Does.Contain("    public static partial class Globals\n    {\n        /// <summary>The &lt;taps&gt;.</summary>\n"));
            Assert.That(text, Does.Contain(
                "public static GlobalVariable<float> Taps { get; } = new GlobalVariable<float>(__launchers, 0);"));
            Assert.That(text, Does.Contain("public static partial class GlobalsKernel"), "a kernel of that name");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Read(string source)
    {
        var kernel = new KernelRequest { Source = "/src/k.cu", Name = "kernels/k" };
        var types = new TypeMap([KeyValuePair.Create("my::P", "MyApp.P"), KeyValuePair.Create("Raw", "")]);
        var variables = VariableNames.Assign(new LauncherSource(kernel, source, [], types, new DeviceTypeNames("Types."), _ => { }).ReadVariables());
        return string.Join("; ", variables.Select(v => $"GlobalVariable<{v.Element.CSharp}> {v.PropertyName}"))
            .Replace("global::", "").Replace("Fusion.Runtime.", "");
    }
}
