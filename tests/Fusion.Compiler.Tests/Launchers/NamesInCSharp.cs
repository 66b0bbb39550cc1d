using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

internal sealed class NamesInCSharp
{
    [TestCase("rms_norm", "RmsNorm")]
    [TestCase("RMSNorm", "RMSNorm")]
    [TestCase("__scale__f32_", "ScaleF32")]
    [TestCase("fill bf16 8 true", "FillBf16_8True")]
    [TestCase("3d", "_3d")]
    [TestCase("größe", "Größe")]
    [TestCase("$", "")]
    public void AClassHasACapitalAtEachWord(string name, string expected) => Assert.That(CSharpNames.Pascal(name), Is.EqualTo(expected));

    [TestCase("row_count", "rowCount")]
    [TestCase("N", "n")]
    [TestCase("RMSEps", "rmsEps")]
    [TestCase("_", "_")]
    public void AParameterStartsSmall(string name, string expected) => Assert.That(CSharpNames.Camel(name), Is.EqualTo(expected));

    [TestCase("My.App", "My.App")]
    [TestCase("my-app.2d", "my_app._2d")]
    [TestCase("a.class", "a.@class")]
    [TestCase("", "")]
    public void ANamespaceCanBeMadeOfAnyProjectsName(string name, string expected) => Assert.That(CSharpNames.Namespace(name), Is.EqualTo(expected));

    [TestCase("k scale|k fill", "Scale|Fill")]
    [TestCase("a/fast scale|a/exact scale|a/exact fill", "FastScale|ExactScale|Fill", Description = "of two files")]
    [TestCase("x/k scale|y/k scale", "XKScale|YKScale", Description = "of two files of one name")]
    [TestCase("k a::scale|k b::scale", "AScale|BScale", Description = "of two namespaces")]
    [TestCase("k scale(float*)|k scale(double*)", "ScaleFloat|ScaleDouble", Description = "overloads")]
    [TestCase("k scale|k scale", "Scale|Scale_2", Description = "nothing tells them apart")]
    [TestCase("k kernels|k load|k launch|k on", "KernelsKernel|LoadKernel|LaunchKernel|OnKernel", Description = "names that are taken")]
    [TestCase("k row_sum|k rowSum", "RowSum|RowSum_2", Description = "equal in C# alone")]
    public void TwoKernelsDoNotShareAClass(string kernels, string expected) =>
        Assert.That(string.Join('|', Assign(kernels.Split('|'))), Is.EqualTo(expected));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool HoweverManyKernelsOfAFewNames(byte[] choices)
    {
        string[] some = ["k scale", "j scale", "k a::scale", "j a::scale", "k scale_2", "k scale(int)", "k j_scale", "k A_scale"];
        return Assign([.. (choices ?? []).Select(choice => some[choice % some.Length])]) is var names
            && names.Distinct(StringComparer.Ordinal).Count() == names.Length;
    }

    private static string[] Assign(string[] kernels) => [.. ClassNames.Assign([.. kernels.Select(Parse)], "Kernels").Select(launcher => launcher.ClassName)];

    private static Launcher Parse(string text)
    {
        var (module, name) = (text.Split(' ')[0], text.Split(' ')[1]);
        var parts = name.TrimEnd(')').Split('(');
        return new Launcher
        {
            Module = module,
            Kernel = name,
            QualifiedName = parts[0],
            Parameters = parts.Length > 1 ? [new LauncherParameter("x", parts[1], LauncherType.Untyped)] : [],
        };
    }
}
