using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fusion.Compiler.Images;
using Fusion.Compiler.Sources;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Compiler.Tests.Launchers;

namespace Fusion.Compiler.Tests.Images;

/// <summary>What fusionc itself does with a source grows as the source does, so that it stays small beside NVRTC's work. Sixteen times the
/// kernels would be 256 times the work if each were compared with each.</summary>
internal sealed class AFileOfThousandsOfKernels : LauncherTest
{
    private const int Few = 125;
    private const int Many = 16 * Few;
    private const double Most = 64;

    private static readonly Dictionary<string, string> NoExpressions = [];

    private static IEnumerable<TestCaseData> Parts()
    {
        yield return new TestCaseData((Func<int, Action>)(n => Bound(Source(n), Ptx(n), Cubin(n), n))).SetArgDisplayNames("its images");
        yield return new TestCaseData((Func<int, Action>)(n => () => Assert.That(KernelCode.Of(HostSource(n), []).LeftOut, Has.Count.EqualTo(n)))).SetArgDisplayNames("its code for the host");
    }

    [TestCaseSource(nameof(Parts))]
    public void IsReadInTimeThatGrowsAsItDoes(Func<int, Action> work) => Assert.That(Growth.Of(work, Few, Many), Is.LessThan(Most));

    [TestCase("extern \"C\" __global__ void k{0}(float* x, int n) {{ x[0] = n; }}\n", 1, TestName = "with kernels of their own names")]
    [TestCase("__global__ void k(float* x, int (*a)[{0} + 1]) {{ x[0] = 1; }}\n", 1, TestName = "with overloads of one name")]
    [TestCase("MAKE(k{0})\n", 1, TestName = "with kernels of a macro")]
    [TestCase("template __global__ void t<float, {0}>(float*);\n", 1, TestName = "with instantiations of a template")]
    [TestCase("template <class T> __global__ void t{0}(T* x) {{ }}\n", 0, TestName = "with templates that nothing names")]
    public void HasLaunchersInTimeThatGrowsAsItDoes(string kernel, int launchers)
    {
        const string Head = "#define MAKE(NAME) extern \"C\" __global__ void NAME(float* x) { x[0] = 1; }\ntemplate <class T, int N> __global__ void t(T* x) { }\n";

        Assert.That(Growth.Of(n =>
        {
            var text = Head + string.Concat(Enumerable.Range(0, n).Select(i => string.Format(CultureInfo.InvariantCulture, kernel, i)));
            return () => Assert.That(Read(text).Count / n, Is.EqualTo(launchers));
        }, Few, Many), Is.LessThan(Most));
    }

    private static Action Bound(string source, string ptx, byte[] cubin, int n) => () =>
    {
        var content = KernelReader.Read(ptx, cubin, [source], NoExpressions);
        Assert.That(content.Cubin, Has.Count.EqualTo(n));
        Assert.That(content.Cubin[0].Registers, Is.EqualTo(8));
        Assert.That(content.Cubin.All(kernel => kernel.Parameters is [{ Name: "x", Type: "float*" }]), Is.True);
    };

    private static string Source(int n) =>
        string.Concat(Enumerable.Range(0, n).Select(i => $"extern \"C\" __global__ void k{i}(float* x) {{ x[threadIdx.x] = {i}; }}\n"));

    private static string HostSource(int n) =>
        string.Concat(Enumerable.Range(0, n).Select(i => $"__global__ void k{i}(float* x) {{ x[0] = 1; }}\n\nvoid launch{i}(float* x) {{\n#ifdef A\n k{i}<<<1, 1>>>(x);\n#endif\n}}\n"));

    private static string Ptx(int n) => ".version 8.4\n.target sm_80\n.address_size 64\n"
        + string.Concat(Enumerable.Range(0, n).Select(i => $".visible .entry k{i}(.param .u64 k{i}_param_0)\n{{\nret;\n}}\n"));

    // Sections: none, names, symbols, common attributes; then code, attributes and parameters of each kernel.
    private static byte[] Cubin(int n)
    {
        var names = new StringBuilder("\0");
        var content = new MemoryStream();
        content.Write(new byte[64]);
        var headers = new List<(int Name, uint Type, int Offset, int Size, int Link)> { default };
        var symbols = new byte[24 * (n + 1)];
        var attributes = new List<byte>();
        for (var i = 0; i < n; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(symbols.AsSpan(24 * (i + 1)), Name($"k{i}"));
            (symbols[(24 * (i + 1)) + 4], symbols[(24 * (i + 1)) + 5], symbols[(24 * (i + 1)) + 6]) = (0x12, 0x10, 1);
            attributes.AddRange([4, (byte)CubinAttributeKind.RegisterCount, 8, 0, .. BitConverter.GetBytes(i + 1), .. BitConverter.GetBytes(8)]);
            attributes.AddRange([4, (byte)CubinAttributeKind.FrameSize, 8, 0, .. BitConverter.GetBytes(i + 1), .. BitConverter.GetBytes(0)]);
        }

        Section(".symtab", 2, symbols, 2);
        var at = headers.Count;
        headers.Add(default);
        Section(".nv.info", 1, [.. attributes]);
        for (var i = 0; i < n; i++)
        {
            Section($".text.k{i}", 1, new byte[16]);
            Section($".nv.info.k{i}", 1, [4, (byte)CubinAttributeKind.Parameter, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(8 << 18)]);
            Section($".nv.constant0.k{i}", 1, new byte[8]);
        }

        var text = Encoding.UTF8.GetBytes(names.ToString());
        headers[at] = (0, 3, (int)content.Length, text.Length, 0);
        content.Write(text);
        var table = content.Length;
        foreach (var (name, type, offset, size, link) in headers)
        {
            var header = new byte[64];
            BinaryPrimitives.WriteInt32LittleEndian(header, name);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), type);
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), offset);
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), size);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(40), link);
            content.Write(header);
        }

        var file = content.ToArray();
        ((byte[])[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 7]).CopyTo(file, 0);
        foreach (var (place, value) in new[] { (16, 2), (18, 190), (58, 64), (60, headers.Count), (62, at) })
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(place), (ushort)value);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(40), table);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(48), 80);
        return file;

        int Name(string name)
        {
            names.Append(name).Append('\0');
            return names.Length - name.Length - 1;
        }

        void Section(string name, uint type, byte[] bytes, int link = 0)
        {
            headers.Add((Name(name), type, (int)content.Length, bytes.Length, link));
            content.Write(bytes);
        }
    }
}
